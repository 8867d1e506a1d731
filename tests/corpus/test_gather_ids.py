"""An id that cannot be is told of with what is wrong and with advice that fits where it is from."""

import io
from pathlib import Path

from corpus.errors import UnreadableArticle
from corpus.gather import read_files, read_stream
from corpus.seen import Seen


def reason_of(file: Path) -> str:
    """Of the last article of a file, which is none."""
    with Seen() as taken:
        *_, last = read_files([file], differing_origin=lambda _: None, replace=False, taken=taken)
    assert isinstance(last, UnreadableArticle)
    assert last.field == "id"
    return last.reason


def test_an_id_twice_in_one_file_is_told_by_its_place_there(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text("".join(f'{{"id": "{name}", "text": "The ferry sank."}}\n' for name in ("j0", "j1", "j1")))
    assert reason_of(file) == "article 3 in it has the id 'j1' of an earlier one; give each an id of its own"


def test_an_id_that_a_name_gives_and_cannot_be_is_told_with_the_character_and_what_to_do(tmp_path: Path) -> None:
    remedy = "; rename the file, or change the id that it states"
    for name, wrong in {
        "a\u200bb.txt": "it holds a character that does not show at 1, U+200B",
        "a\udcff.txt": "it holds half a character (of a name that is not UTF-8) at 1, U+DCFF",
    }.items():
        (tmp_path / name).write_text("The ferry sank.")
        assert reason_of(tmp_path / name) == wrong + remedy
    with Seen() as taken:
        (piped,) = read_stream(io.BytesIO(b"Words."), format_name="text", default_id="a\x1b", taken=taken)
    assert isinstance(piped, UnreadableArticle)
    assert (
        piped.reason == "it holds a control character at 1, U+001B; change the id that it states, or give one with --id"
    )
