"""`byline keys` as a process of its own, and a service that will not listen in the open."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.serve import check_keys
from service.keys.key import Scope
from service.keys.limit import Limit
from service.keys.ring import KeyRing
from service.keys.store import KEYS, create_key, list_keys, revoke_key
from service.settings import SettingsError
from tests.service.cli_runs import bound_by_permissions, byline, environment, refusal, succeeded


def test_a_key_is_printed_once_alone_and_then_never(tmp_path: Path) -> None:
    made = succeeded(byline("keys", "create", "our chatbot", "--rate", "90", home=tmp_path))
    text = made.out.strip()
    key = KeyRing(tmp_path).find(text)
    assert key is not None
    assert (key.name, key.scope, key.limit) == ("our chatbot", Scope.READ, Limit(90, 15))
    secret = text.rpartition("_")[2]
    assert secret not in made.err
    listed = succeeded(byline("keys", "list", home=tmp_path))
    assert listed.out.split("\t")[:3] == [key.id, "read", "90"]
    as_json = succeeded(byline("keys", "list", "--json", home=tmp_path))
    assert as_json.json[0]["id"] == key.id
    assert secret not in listed.out + listed.err + as_json.out
    revoked = succeeded(byline("keys", "revoke", key.id, home=tmp_path))
    assert revoked.out == f"revoked {key.id} (our chatbot)\n"
    assert "no key is left" in revoked.err
    assert KeyRing(tmp_path).find(text) is None
    assert succeeded(byline("keys", "list", "--json", home=tmp_path)).json[0]["revoked_at"] is not None


def test_a_program_gets_a_key_as_json(tmp_path: Path) -> None:
    arguments = ("keys", "create", "writer", "--scope", "write", "--rate", "0", "--burst", "3", "--json")
    made = succeeded(byline(*arguments, home=tmp_path)).json
    assert KeyRing(tmp_path).find(made.pop("key")) is not None
    assert made["name"] == "writer"
    assert (made["scope"], made["rate_per_minute"], made["burst"]) == ("write", 0, 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", ""), "name: "),
        (("create", "x\ny"), "name: "),
        (("create", "x", "--burst", "2"), "burst: it needs --rate"),
        (("revoke", "none"), "no key has the id none"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    assert refusal(byline("keys", *arguments, home=tmp_path)).startswith(said)
    assert list_keys(tmp_path) == []


@pytest.mark.parametrize("option", [("--scope", "all"), ("--rate", "-1"), ("--rate", "many"), ("--burst", "0")])
def test_a_wrong_option_is_a_wrong_use(tmp_path: Path, option: tuple[str, str]) -> None:
    result = byline("keys", "create", "x", *option, home=tmp_path)
    assert result.status == 2
    assert option[0] in result.err
    assert list_keys(tmp_path) == []


def test_damaged_keys_stop_the_commands_and_the_start_with_a_line(tmp_path: Path) -> None:
    KEYS.of(tmp_path).write_bytes(b"no database" * 100)
    for arguments in (("keys", "list"), ("keys", "create", "x"), ("serve", "--port", "0")):
        assert "keys.sqlite3" in refusal(byline(*arguments, home=tmp_path))


def test_keys_of_another_user_are_told_of_as_such(tmp_path: Path) -> None:
    prefix = bound_by_permissions()
    if prefix is None:
        pytest.skip("this user may read every file")
    create_key(tmp_path, "bot")
    KEYS.of(tmp_path).chmod(0)
    said = refusal(byline("keys", "list", home=tmp_path, prefix=prefix))
    assert "run `byline keys` as the user of the service" in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - it is to be refused
def test_a_service_does_not_start_where_anybody_could_come_in(tmp_path: Path, host: str) -> None:
    said = refusal(byline("serve", "--host", host, "--port", "0", home=tmp_path))
    assert said.startswith(f"BYLINE_HOST: other machines reach {host}, and there is no API key")
    assert "byline keys create" in said
    assert "--open" in said
    assert list(tmp_path.iterdir()) == []


def _revoked(home: Path) -> None:
    revoke_key(home, create_key(home, "bot")[0].id)


@pytest.mark.parametrize("keyless", [False, True])
def test_a_service_whose_keys_are_all_revoked_does_not_start_in_the_open_either(
    tmp_path: Path, *, keyless: bool
) -> None:
    _revoked(tmp_path)
    with pytest.raises(SettingsError, match="all API keys are revoked") as raised:
        check_keys(tmp_path, "192.0.2.1", keyless=keyless)
    # nor would it help: requests need a key once one was made
    assert "--open" not in str(raised.value)


@pytest.mark.parametrize(
    ("prepare", "keyless", "warned"),
    [(lambda home: create_key(home, "bot"), False, False), (lambda _: None, True, True)],
    ids=["a key", "told so"],
)
def test_it_starts_with_a_key_or_when_told_so(
    tmp_path: Path,
    prepare: Callable[[Path], object],
    *,
    keyless: bool,
    warned: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare(tmp_path)
    check_keys(tmp_path, "192.0.2.1", keyless=keyless)
    assert ("warning: whoever reaches 192.0.2.1" in capsys.readouterr().err) == warned


def test_the_start_of_the_service_imports_nothing_for_other_origins() -> None:
    """They are off unless set, and the start is measured."""
    code = "import service.http.app, sys; print('starlette.middleware.cors' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout == "False\n"
