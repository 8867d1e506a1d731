"""What encoders share, without a model: lengths, long questions, inputs and exported files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.checksum import file_sha256
from indexing.encoders.backend import Precision
from indexing.encoders.exported import (
    FILES,
    MANIFEST,
    MODEL,
    TOKENIZER,
    WEIGHTS,
    ExportManifest,
    export_folder,
    read_manifest,
    write_manifest,
)
from indexing.encoders.onnx import OnnxEncoder
from indexing.encoders.protocol import MAX_TITLE_LENGTH, EncoderIdentity, passage_input
from indexing.encoders.steps import check_lengths, mean_of, readable_parts
from indexing.errors import ExportRefused, PassageTooLong
from tests.fakes import WordEncoder
from tests.indexing.samples import LAW

DIM = 5


@LAW
@given(text=st.text(st.sampled_from("ab 😀\n한\u0301"), max_size=200), limit=st.integers(1, 20))
def test_the_parts_of_a_long_question_join_to_the_whole_of_it_and_each_can_be_read(text: str, limit: int) -> None:
    parts = readable_parts(text, count_pieces=len, limit=limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)
    assert all(parts) or text == ""


def test_a_question_that_fits_is_encoded_whole() -> None:
    assert readable_parts("why did it close?", count_pieces=len, limit=17) == ["why did it close?"]


def test_a_long_question_is_parted_at_spaces_where_there_are_any() -> None:
    parts = readable_parts("why did the harbour close on monday", count_pieces=len, limit=12)
    assert [part.strip() for part in parts] == [part.strip() for part in parts if part.strip()]
    assert all(part.startswith(" ") for part in parts[1:])


def test_a_very_long_question_is_parted_without_deep_recursion() -> None:
    text = "x" * 50_000
    assert "".join(readable_parts(text, count_pieces=len, limit=1)) == text


@LAW
@given(seed=st.integers(0, 1000), count=st.integers(1, 30))
def test_the_mean_of_vectors_has_their_direction_and_length_one(seed: int, count: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    found, mean = mean_of(rows), rows.mean(axis=0)
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-5)
    assert found.shape == (DIM,)


def test_parts_that_cancel_out_give_numbers_not_nan() -> None:
    assert np.isfinite(mean_of(np.zeros((3, DIM), np.float32))).all()


def test_the_first_text_too_long_is_named_with_its_length_and_the_limit() -> None:
    check_lengths(["a", "b"], [4, 5], limit=5)
    check_lengths([], [], limit=5)
    with pytest.raises(PassageTooLong) as caught:
        check_lengths(["short", "long " * 100, "longer"], [5, 6, 7], limit=5)
    assert (caught.value.pieces, caught.value.limit, caught.value.text) == (6, 5, "long " * 100)
    assert len(str(caught.value)) < 150
    with pytest.raises(ValueError, match="shorter"):
        check_lengths(["a"], [], limit=5)


@pytest.mark.parametrize(
    ("title", "prefix"),
    [
        ("Harbour reopens", "Harbour reopens"),
        ("x" * MAX_TITLE_LENGTH, "x" * MAX_TITLE_LENGTH),
        ("x" * (MAX_TITLE_LENGTH + 1), "x" * MAX_TITLE_LENGTH),
        ("word " * 40, ("word " * 24)[:-6]),
        ("word " * 23 + "x" * 50, ("word " * 23)[:-1]),
        (" " * 200 + "word", ""),
    ],
)
def test_a_passage_is_encoded_after_its_title_shortened_at_a_word(title: str, prefix: str) -> None:
    assert passage_input(title, "It reopened.") == f"{prefix}\nIt reopened."


@LAW
@given(title=st.text(min_size=1, max_size=300), passage=st.text(max_size=50))
def test_the_passage_is_always_whole_in_its_input_and_the_title_never_longer_than_it_may_be(
    title: str, passage: str
) -> None:
    if not title.strip():
        return
    made = passage_input(title, passage)
    assert made.endswith(f"\n{passage}")
    prefix = made.removesuffix(f"\n{passage}")
    assert title.startswith(prefix)
    assert len(prefix) <= MAX_TITLE_LENGTH


def test_the_fake_encoder_of_these_tests_keeps_the_contract() -> None:
    encoder = WordEncoder(max_pieces=20)
    texts = ["The harbour reopened.", "Why?", ""]
    vectors = encoder.encode_passages(texts)
    assert vectors.shape == (3, encoder.identity.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode_passages([]).shape == (0, encoder.identity.dim)
    with pytest.raises(PassageTooLong):
        encoder.encode_passages(["word " * 30])


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """The files of an export that nobody can run, with a true manifest."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / MODEL).write_bytes(b"not a graph, but unchanged")
    (folder / WEIGHTS).write_bytes(b"numbers")
    (folder / TOKENIZER).write_text("{}")
    manifest = ExportManifest(
        identity=EncoderIdentity("tiny", "ab" * 32, DIM, 128),
        precision=Precision.INT8,
        question_prompt="query: ",
        passage_prompt="",
        lowest_cosine=0.99999,
        files={name: file_sha256(folder / name) for name in FILES},
    )
    write_manifest(folder, manifest)
    return folder


def test_a_manifest_that_was_written_is_read_back_equal(exported: Path) -> None:
    manifest = read_manifest(exported, name="tiny")
    assert manifest.identity == EncoderIdentity("tiny", "ab" * 32, DIM, 128)
    assert (manifest.question_prompt, manifest.lowest_cosine) == ("query: ", 0.99999)
    again = replace(manifest, lowest_cosine=0.5)
    write_manifest(exported, again)
    assert read_manifest(exported, name="tiny") == again


@pytest.mark.parametrize("name", FILES)
def test_a_tampered_truncated_or_missing_file_is_refused_before_it_is_run(exported: Path, name: str) -> None:
    file = exported / name
    whole = file.read_bytes()
    for changed in (bytes([whole[0] ^ 1]) + whole[1:], whole[:-1], whole + b" ", b""):
        file.write_bytes(changed)
        with pytest.raises(ExportRefused, match=r"has changed since the export.*delete"):
            OnnxEncoder(exported, name="tiny", threads=1)
    file.unlink()
    with pytest.raises(ExportRefused, match="incomplete or damaged"):
        OnnxEncoder(exported, name="tiny", threads=1)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "null", '{"format": 1}', '{"format": 3}', '{"format": "1"'])
def test_a_missing_or_damaged_manifest_is_refused_naming_the_model(exported: Path, content: str | None) -> None:
    (exported / MANIFEST).unlink()
    if content is not None:
        (exported / MANIFEST).write_text(content)
    with pytest.raises(ExportRefused) as caught:
        read_manifest(exported, name="tiny")
    assert caught.value.name == "tiny"
    assert str(exported) in str(caught.value)


def test_a_manifest_that_leaves_a_file_out_vouches_for_nothing(exported: Path) -> None:
    raw = json.loads((exported / MANIFEST).read_text())
    for kept in ([], [MODEL], [TOKENIZER], [MODEL, TOKENIZER]):
        changed = {**raw, "files": {name: raw["files"][name] for name in kept}}
        (exported / MANIFEST).write_text(json.dumps(changed))
        with pytest.raises(ExportRefused):
            read_manifest(exported, name="tiny")


def test_every_model_name_has_a_folder_of_its_own_inside_the_cache(tmp_path: Path) -> None:
    names = ["a/b", "a-b", "../../etc", "A/b", "/abs/path", "", "x" * 300, "서울", "a/b ", "..", "."]
    folders = {export_folder(tmp_path, name, precision) for name in names for precision in Precision}
    assert len(folders) == 2 * len(names)
    for folder in folders:
        assert folder.parent == tmp_path / "encoders"
        assert folder.resolve().parent == (tmp_path / "encoders").resolve()
