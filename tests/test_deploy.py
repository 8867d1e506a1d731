"""The files that operators start from hold together; no container engine is needed to say so."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
HADOLINT = Path(sys.executable).parent / "hadolint"


class _ComposeLoader(yaml.SafeLoader):
    """Knows `!reset`, by which a file takes back what it extends."""


_ComposeLoader.add_constructor("!reset", lambda *_: None)


def compose(name: str = "compose.yaml") -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((DEPLOY / name).read_text(), Loader=_ComposeLoader)  # noqa: S506 - a safe one
    return found


def test_the_dockerfile_passes_its_linter() -> None:
    done = subprocess.run([HADOLINT, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_made_of_what_the_build_is_given() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    copied = {word for line in re.findall(r"^COPY ([^-].*) \S+$", dockerfile, re.MULTILINE) for word in line.split()}
    assert copied
    allowed = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
    # nothing of a service runs as root, and what it stores outlives it
    user, volume = (re.findall(rf"^{name} (\S+)$", dockerfile, re.MULTILINE)[-1] for name in ("USER", "VOLUME"))
    assert user.isdecimal()
    assert int(user) > 0
    assert volume in compose()["services"]["byline"]["volumes"][0].split(":")


def test_compose_builds_this_image_and_leaves_requests_time_to_be_answered() -> None:
    (service,) = compose()["services"].values()
    context = (DEPLOY / service["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    (port,) = service["ports"]
    assert port.startswith("127.0.0.1:"), "an address that others reach is for the operator to choose"
    assert int(service["stop_grace_period"].removesuffix("s")) > 60


def test_replicas_are_the_service_on_one_library_behind_the_names_that_nginx_knows() -> None:
    several, one = compose("compose.replicas.yaml"), compose()
    replicas = {name: service for name, service in several["services"].items() if name != "nginx"}
    named = re.findall(r"^ *server (\S+):(\d+) ", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE)
    # each once as it is found to be, and once in reserve
    assert named == 2 * [(name, "8000") for name in replicas]
    assert len(replicas) == 2
    for service in replicas.values():
        assert service["extends"] == {"file": "compose.yaml", "service": "byline"}
        assert "/readyz" in service["healthcheck"]["test"][-1]
        assert service["ports"] is None, "nginx alone is reached from outside"
    assert several["volumes"] == one["volumes"]
    nginx = several["services"]["nginx"]
    (port,) = nginx["ports"]
    assert port.startswith("127.0.0.1:"), "an address that others reach is for the operator to choose"
    assert f"listen {port.rpartition(':')[2]};" in (DEPLOY / "nginx.conf").read_text()
    assert (DEPLOY / nginx["volumes"][0].split(":")[0]).samefile(DEPLOY / "nginx.conf")
    assert set(nginx["depends_on"]) == set(replicas)


@pytest.mark.parametrize(
    "file", ["Dockerfile", "compose.yaml", "compose.replicas.yaml", "nginx.conf", "byline.service"]
)
def test_every_setting_they_give_exists(file: str) -> None:
    named = set(re.findall(r"\bBYLINE_([A-Z_]+)\b", (DEPLOY / file).read_text()))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_the_unit_is_one_and_confines_the_service(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "byline.service"
    # the program it starts is not on this machine
    text = (DEPLOY / "byline.service").read_text()
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    exposed = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", unit], capture_output=True, text=True, check=False
    )
    assert exposed.returncode == 0, exposed.stdout
