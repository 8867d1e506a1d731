"""A library made of a smaller one: as many passages as wanted, each what a real one is but for its words' order."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from corpus.library.reading import Library
from eval.cost.made import make
from eval.cost.recombined import recombined
from eval.cost.vector_indexes import COSINE
from indexing.ingest import Draft
from indexing.late.pieces import IN_TITLE, loaded
from tests.eval.samples import RIVER, TALKS
from tests.fakes import fake_parts

MAX_TOKENS = 30


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Library]:
    with closing(fake_parts(tmp_path / "real", max_tokens=MAX_TOKENS, overlap_tokens=0)) as parts:
        list(parts.ingester.put_all(map(Draft, recombined([RIVER, TALKS], passages=20, max_tokens=MAX_TOKENS))))
        yield parts.library


@pytest.mark.parametrize("passages", [3, 57])
def test_there_are_as_many_passages_as_wanted_and_no_two_are_the_same(
    tmp_path: Path, real: Library, passages: int
) -> None:
    told = list[int]()
    make(tmp_path / "made", of=real, passages=passages, max_tokens=MAX_TOKENS, on_commit=told.append)
    assert told[-1] == passages
    with closing(Library(tmp_path / "made")) as library, library.snapshot() as snapshot:
        assert snapshot.counts().passages == passages
        held = snapshot.vectors_after(0)
    assert len({vector.tobytes() for vector in held.vectors}) == passages
    assert np.linalg.norm(held.vectors.astype(np.float32), axis=1) == pytest.approx(1, abs=0.01)


def test_each_passage_is_near_a_real_one_and_has_the_word_pieces_of_its_sentences(
    tmp_path: Path, real: Library
) -> None:
    make(tmp_path / "made", of=real, passages=40, max_tokens=MAX_TOKENS)
    with real.snapshot() as snapshot:
        originals = snapshot.vectors_after(0).vectors.astype(np.float32)
        # the encoder of these tests has one piece a word, the same for a word wherever it stands
        code_of = dict[str, bytes]()
        for number, row in snapshot.passages(snapshot.vectors_after(0).ids.tolist()).items():
            pieces = loaded(snapshot.pieces([number])[number])
            for place, code in zip(pieces.places.tolist(), pieces.codes, strict=True):
                if place != IN_TITLE:
                    code_of[_word(row.text, place)] = code.tobytes()
    with closing(Library(tmp_path / "made")) as library, library.snapshot() as snapshot:
        held = snapshot.vectors_after(0)
        nearest = (held.vectors.astype(np.float32) @ originals.T).max(axis=1)
        assert np.median(nearest) == pytest.approx(COSINE, abs=0.03)
        for number, text in zip(held.ids.tolist(), held.texts, strict=True):
            assert text.endswith(".")
            pieces = loaded(snapshot.pieces([number])[number])
            inside = [(p, c) for p, c in zip(pieces.places.tolist(), pieces.codes, strict=True) if p != IN_TITLE]
            assert inside
            assert all(code.tobytes() == code_of[_word(text, place)] for place, code in inside)


def test_the_same_is_made_at_every_call(tmp_path: Path, real: Library) -> None:
    texts = []
    for name in ("one", "two"):
        make(tmp_path / name, of=real, passages=12, max_tokens=MAX_TOKENS)
        with closing(Library(tmp_path / name)) as library, library.snapshot() as snapshot:
            texts.append(snapshot.vectors_after(0).texts)
    assert texts[0] == texts[1]


def test_a_library_that_is_made_is_searched_like_any_other(tmp_path: Path, real: Library) -> None:
    make(tmp_path / "made", of=real, passages=30, max_tokens=MAX_TOKENS)
    with closing(fake_parts(tmp_path / "made", max_tokens=MAX_TOKENS, overlap_tokens=0)) as parts:
        parts.rebuild()
        reply = parts.engine.ask("Who found the soldier on Monday?", k=3)
    assert any("Monday" in hit.passage.text for hit in reply.hits)


def _word(text: str, place: int) -> str:
    end = place
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[place:end]
