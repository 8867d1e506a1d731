"""Gathering files: folders without their hidden files, every problem in its place, and no id taken twice."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UnreadableArticle
from corpus.gather import Found, list_files, read_files, read_stream
from corpus.listing import Listing
from corpus.seen import Seen


def write(file: Path, text: str = "The harbour reopened on Tuesday.\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def nothing_known(_: str) -> str | None:
    return None


def read(
    *files: Path, known_origin: Callable[[str], str | None] = nothing_known, replace: bool = False
) -> list[Found | UnreadableArticle]:
    with Seen() as taken:
        found = read_files(
            files, differing_origin=lambda article: known_origin(article.id), replace=replace, taken=taken
        )
        return list(found)


def read_input(content: bytes, *, format_name: str = "text") -> list[Found | UnreadableArticle]:
    with Seen() as taken:
        return list(read_stream(io.BytesIO(content), format_name=format_name, default_id="stdin", taken=taken))


def found(item: Found | UnreadableArticle) -> Found:
    assert isinstance(item, Found), item
    return item


def problem(item: Found | UnreadableArticle) -> UnreadableArticle:
    assert isinstance(item, UnreadableArticle), item
    return item


def test_a_folder_gives_its_readable_files_at_any_depth_in_order_and_no_hidden_ones(tmp_path: Path) -> None:
    news = tmp_path / "news"
    wanted = [
        write(news / "a.txt"),
        write(news / "b" / "c.MD", "# Heading\n\nText.\n"),
        write(news / "b" / "d.jsonl", '{"id": "d", "text": "Text."}\n'),
        write(news / "e.html", "<p>Text</p>"),
    ]
    write(news / ".hidden.txt")
    write(news / ".git" / "f.txt")
    write(news / "b" / ".cache" / "deeper" / "g.md")
    write(news / "image.png")
    write(news / "no-suffix")
    (news / "folder.txt").mkdir()
    assert list_files([news]) == sorted(wanted)


def test_files_that_are_named_are_kept_whatever_they_are_called_in_the_order_named(tmp_path: Path) -> None:
    files = [write(tmp_path / "z.bin"), write(tmp_path / ".hidden.txt"), tmp_path / "missing.txt"]
    folder = tmp_path / "folder"
    inner = write(folder / "a.txt")
    assert list_files([files[0], folder, *files[1:]]) == [files[0], inner, *files[1:]]


def test_a_hidden_folder_that_is_named_is_read(tmp_path: Path) -> None:
    inner = write(tmp_path / ".drafts" / "a.txt")
    assert list_files([tmp_path / ".drafts"]) == [inner]


def test_an_article_comes_with_the_absolute_path_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "harbour.txt")
    monkeypatch.chdir(tmp_path)
    (item,) = read(Path("harbour.txt"))
    assert found(item).origin == str(tmp_path / "harbour.txt")
    assert found(item).article.id == "harbour"
    assert found(item).article.text == "The harbour reopened on Tuesday.\n"


def test_two_files_of_one_run_with_the_same_id_are_an_error_that_names_both(tmp_path: Path) -> None:
    first, second = write(tmp_path / "one" / "harbour.txt"), write(tmp_path / "two" / "harbour.txt", "Other words.")
    for replace in (False, True):
        items = read(first, second, replace=replace)
        assert found(items[0]).article.text.startswith("The harbour")
        error = problem(items[1])
        assert error.source == str(second)
        assert error.field == "id"
        assert str(first) in error.reason
        assert "'harbour'" in error.reason


def test_a_file_that_claims_the_id_of_another_file_in_the_library_is_an_error_that_names_both(tmp_path: Path) -> None:
    former, file = write(tmp_path / "one" / "harbour.txt"), write(tmp_path / "two" / "harbour.txt")
    (item,) = read(file, known_origin={"harbour": str(former)}.get)
    assert problem(item).source == str(file)
    assert str(former) in str(problem(item))
    assert "--replace" in str(problem(item))


def test_replace_lets_another_file_take_the_id_over(tmp_path: Path) -> None:
    former, file = write(tmp_path / "one" / "harbour.txt"), write(tmp_path / "two" / "harbour.txt")
    (item,) = read(file, known_origin={"harbour": str(former)}.get, replace=True)
    assert found(item).origin == str(file)


def test_the_same_file_again_is_no_clash_by_whatever_path_it_is_reached(tmp_path: Path) -> None:
    file = write(tmp_path / "harbour.txt")
    link = tmp_path / "linked" / "harbour.txt"
    link.parent.mkdir()
    link.symlink_to(file)
    for path in (file, link, tmp_path / "linked" / ".." / "harbour.txt"):
        (item,) = read(path, known_origin={"harbour": str(file)}.get)
        assert found(item).article.id == "harbour"


def test_a_file_that_was_moved_is_no_clash_with_where_it_was(tmp_path: Path) -> None:
    file = write(tmp_path / "now" / "harbour.txt")
    (item,) = read(file, known_origin={"harbour": str(tmp_path / "before" / "harbour.txt")}.get)
    assert found(item).article.id == "harbour"


def test_an_id_twice_in_one_file_is_an_error_and_the_first_stays(tmp_path: Path) -> None:
    lines = '{"id": "a", "text": "First."}\n{"id": "a", "text": "Second."}\n{"id": "b", "text": "Third."}\n'
    items = read(write(tmp_path / "many.jsonl", lines))
    assert [found(items[0]).article.text, found(items[2]).article.text] == ["First.", "Third."]
    assert "'a'" in problem(items[1]).reason


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (item,) = read(tmp_path / "missing.txt")
    assert problem(item).source == str(tmp_path / "missing.txt")
    assert "No such file" in problem(item).reason


@pytest.mark.parametrize("name", ["scan.odt", "no-suffix"])
def test_a_file_of_a_kind_that_is_not_read_is_an_error_that_lists_what_is(tmp_path: Path, name: str) -> None:
    (item,) = read(write(tmp_path / name))
    assert problem(item).source == str(tmp_path / name)
    assert ".jsonl" in problem(item).reason


def test_one_bad_file_among_good_ones_is_reported_in_its_place_and_the_others_go_in(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "a.txt"),
        tmp_path / "missing.md",
        write(tmp_path / "empty.txt", ""),
        write(tmp_path / "b.txt"),
        write(tmp_path / "binary.txt", "a\x00b"),
        write(tmp_path / "c.jsonl", '{"id": "c1", "text": "One."}\nnot json\n{"id": "c2", "text": "Two."}\n'),
        write(tmp_path / "d.txt"),
    ]
    items = read(*files)
    told = [item.article.id if isinstance(item, Found) else "problem" for item in items]
    assert told == ["a", "problem", "problem", "b", "problem", "c1", "problem", "c2", "d"]
    assert problem(items[6]).line == 2


def test_a_folder_in_the_place_of_a_file_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    (item,) = read(tmp_path / "a.txt")
    assert problem(item).source == str(tmp_path / "a.txt")


def test_standard_input_has_no_origin_and_an_unknown_format_is_refused() -> None:
    (item,) = read_input(b"Some text.")
    assert found(item).origin is None
    assert found(item).article.id == "stdin"
    (item,) = read_input(b"")
    assert problem(item).source == "standard input"
    with pytest.raises(ValueError, match="no format 'odt'"):
        read_input(b"", format_name="odt")


def test_an_article_tells_how_many_bytes_were_read_up_to_it(tmp_path: Path) -> None:
    lines = ['{"id": "a", "text": "First."}\n', '{"id": "b", "text": "Sécond."}\n']
    files = [
        write(tmp_path / "many.jsonl", "".join(lines)),
        write(tmp_path / "empty.txt", ""),
        write(tmp_path / "c.md"),
    ]
    places = [item.read for item in read(*files) if isinstance(item, Found)]
    assert places[0] <= places[1] == files[0].stat().st_size
    with Listing(files) as listing:
        assert places[2] == listing.bytes == sum(file.stat().st_size for file in files)


def test_a_listing_counts_what_it_lists_and_only_that(tmp_path: Path) -> None:
    news = tmp_path / "news"
    wanted = [write(news / "a.txt", "Four"), write(news / "b" / "c.md", "Five.")]
    write(news / "image.png")
    (news / "endless.txt").symlink_to("/dev/zero")
    with Listing([news, wanted[1], tmp_path / "missing.txt"]) as listing:
        assert list(listing) == [*wanted, tmp_path / "missing.txt"]
        assert len(listing) == 3
        assert listing.bytes == len("Four") + len("Five.")
        assert listing.passed_over == {".png": 1}


def test_kinds_of_files_that_are_passed_over_are_told_apart_as_far_as_there_are_few(tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path / "news" / f"b.{number:02}")
    write(tmp_path / "news" / "Makefile")
    write(tmp_path / "news" / ".hidden")
    with Listing([tmp_path / "news"]) as listing:
        assert listing.passed_over.total() == 31
        assert len(listing.passed_over) == 21
        assert listing.passed_over["others"] == 11
        assert len(listing) == 0


NAMES = st.text(st.sampled_from("ab-. \x7fé한🌊\udcff"), min_size=1, max_size=4).filter(
    lambda name: name[0] not in ". "
)


@settings(max_examples=30, database=None)
@given(paths=st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=12))
def test_files_are_listed_in_the_order_of_their_paths_part_by_part(paths: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = set()
        for parts in paths:
            file = Path(folder, *parts[:-1], f"{parts[-1]}.txt")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            wanted.add(file)
        assert list_files([Path(folder)]) == sorted(wanted)
        assert list_files([*sorted(wanted)[1:], Path(folder)]) == [*sorted(wanted)[1:], *sorted(wanted)[:1]]


@settings(max_examples=50, database=None)
@given(taken=st.dictionaries(st.text(st.characters(exclude_categories=["C"]), min_size=1), st.text()))
def test_each_id_that_was_taken_tells_where_and_no_other(taken: dict[str, str]) -> None:
    with Seen() as seen:
        for article_id, source in taken.items():
            assert seen.source_of(article_id) is None
            seen.take(article_id, source)
        assert {article_id: seen.source_of(article_id) for article_id in taken} == taken
        assert seen.source_of("") is None
