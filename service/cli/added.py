"""What `byline add` says of the articles: how many went in, or each of them as it does."""

import json
import tempfile
from collections import Counter
from typing import BinaryIO

from corpus.errors import UnreadableArticle
from corpus.library.records import PutResult
from indexing.ingest import Stored

_HELD_BYTES = 1024 * 1024


class Tally:
    """How many articles went in and how many did not."""

    def __init__(self) -> None:
        self._results = Counter[PutResult]()
        self._passages = 0
        self.failed = 0

    def stored(self, stored: Stored) -> None:
        """Counts one that is in."""
        self._results[stored.result] += 1
        self._passages += stored.passages

    def unreadable(self, _: UnreadableArticle) -> None:
        """Counts one that is not."""
        self.failed += 1

    def __str__(self) -> str:
        return (
            f"{self._results[PutResult.CREATED]} added, {self._results[PutResult.UPDATED]} updated, "
            f"{self._results[PutResult.UNCHANGED]} unchanged, {self.failed} not readable; {self._passages} passages"
        )


class JsonReport:
    """One JSON object, `{"added": [...], "failed": [...]}`, written as articles go in, so that none is kept.

    What failed waits in a temporary file until the end. `finish` completes the object, whatever it holds by then.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        # closed by finish
        self._failed = tempfile.SpooledTemporaryFile(_HELD_BYTES)  # noqa: SIM115
        self._begun = False

    def stored(self, stored: Stored) -> None:
        """Writes one that is in."""
        article = stored.draft.article
        entry = {
            "id": article.id,
            "revision": article.revision,
            "result": stored.result,
            "passages": stored.passages,
        }
        self._out.write(b"," if self._begun else b'{\n  "added": [')
        self._out.write(_indented(entry))
        self._begun = True

    def unreadable(self, error: UnreadableArticle) -> None:
        """Puts one aside that is not."""
        entry = {"source": error.source, "line": error.line, "field": error.field, "reason": error.reason}
        self._failed.write(json.dumps(entry).encode() + b"\n")

    def finish(self) -> None:
        """Writes the rest."""
        self._out.write(b"\n  ]" if self._begun else b'{\n  "added": []')
        self._out.write(b',\n  "failed": [')
        self._failed.seek(0)
        some = False
        for line in self._failed:
            self._out.write((b"," if some else b"") + _indented(json.loads(line)))
            some = True
        self._out.write(b"\n  ]\n}\n" if some else b"]\n}\n")
        self._out.flush()
        self._failed.close()


def _indented(entry: dict[str, object]) -> bytes:
    """An entry of a list in an object, set as json.dumps would with indent=2."""
    text = json.dumps(entry, ensure_ascii=False, indent=2)
    # a line end inside a string is escaped, so every one here is between two parts
    return ("\n    " + text.replace("\n", "\n    ")).encode(errors="replace")
