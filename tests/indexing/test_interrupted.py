"""Taking articles in is broken off at any moment and begun again: nothing told of is lost, nothing is encoded twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.library.records import PutResult
from indexing.encoders.protocol import Encoded
from tests.fakes import WordEncoder
from tests.indexing.samples import Shelf, article

COUNT = 900
ROOT = Path(__file__).parents[2]
_CHILD = f"""
import sys
import time
from pathlib import Path
from indexing.ingest import Draft
from tests.indexing.samples import Shelf
from tests.indexing.test_interrupted import numbered
def drafts():
    for number, each in enumerate(numbered({COUNT})):
        if number == {COUNT} - 100:
            time.sleep(100)  # until it is ended
        yield Draft(each)
for stored in Shelf(Path(sys.argv[1])).ingester.put_all(drafts()):
    print(stored.draft.article.id, flush=True)
"""


class CountingEncoder(WordEncoder):
    """Remembers how many texts it has encoded."""

    encoded = 0

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        self.encoded += len(texts)
        return super().encode_passages_with_pieces(texts)


def numbered(count: int) -> list[Article]:
    return [article(f"a{n}", f"Sentence {n} of it.") for n in range(count)]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("after", [1, 300])
def test_a_process_that_is_ended_midway_keeps_what_it_told_of_and_the_next_encodes_only_the_rest(
    tmp_path: Path, sent: signal.Signals, after: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        told = [line.strip() for line in islice(child.stdout, after)]
        child.send_signal(sent)
        # what it wrote before the signal reached it, but for a line that was cut off
        told += [line.strip() for line in child.stdout if line.endswith("\n")]
        assert child.wait(60) != 0
    encoder = CountingEncoder()
    shelf = Shelf(tmp_path, encoder=encoder)
    with shelf.library.snapshot() as snapshot:
        assert snapshot.damage() == []
        held = [f"a{n}" for n in range(COUNT) if snapshot.has(f"a{n}")]
    assert told == [f"a{n}" for n in range(len(told))]
    assert after <= len(told) <= len(held) < COUNT
    assert held == [f"a{n}" for n in range(len(held))]
    stored = shelf.put_all(*numbered(COUNT))
    assert [each.result for each in stored].count(PutResult.UNCHANGED) == len(held)
    assert encoder.encoded == sum(each.passages for each in stored if each.result is PutResult.CREATED)
    assert encoder.encoded == COUNT - len(held)
