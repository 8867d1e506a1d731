"""`python -m tests.resilience.child HOME`: the process that is killed. It does what it is told, line by line, as JSON.

It says `ready` when everything is imported. Then `examine` has it open the library and tell what it sees, `upkeep`
begins to flush, merge and publish at random in threads, as the service does, and `do` carries an operation out. Each
answer is one line, and the one to `do` is the acknowledgement.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from corpus.errors import CorpusError, LibraryBusy
from indexing.errors import IndexingError
from indexing.tokens import count_tokens
from tests.resilience.collection import Collection
from tests.resilience.examining import examined
from tests.resilience.operations import changes, operation_of

_PAUSE_SECONDS = 0.01
_SAYING = threading.Lock()


def say(kind: str, what: object = None) -> None:
    """One line to the parent, whole whichever thread says it."""
    with _SAYING:
        sys.stdout.write(json.dumps([kind, what]) + "\n")
        sys.stdout.flush()


class Child:
    """Carries out what is asked, with the library opened at the first request."""

    def __init__(self, home: Path, *, wait_seconds: float) -> None:
        self._collection = Collection(home, wait_seconds=wait_seconds)

    def examine(self, words: list[str]) -> None:
        """Tells all that there is."""
        say("seen", examined(self._collection, words=words).as_json())

    def do(self, raw: list[object]) -> None:
        """Carries an operation out, says so, and then looks whether this process finds what it changed."""
        operation = operation_of(raw)
        before = {name: self._word(name) for name, _ in changes(operation)}
        try:
            self._collection.apply(operation)
        except LibraryBusy as error:
            say("busy", str(error))
            return
        say("acknowledged")
        for name, version in changes(operation):
            former = before[name]
            if former is not None and self._collection.found_by(former):
                say("wrong", f"{former} is found after it was replaced")
            if version is not None:
                for wrong in self._collection.wrong_with(version):
                    say("wrong", wrong)

    def upkeep(self, seed: int) -> None:
        """Has two threads do all that is ever done to the indexes, over and over."""
        for number, steps in enumerate((["flush", "flush", "publish"], ["merge"])):
            threading.Thread(target=self._keeping_up, args=(Random(seed + number), steps), daemon=True).start()

    def _keeping_up(self, random: Random, steps: list[str]) -> None:
        while True:
            step = random.choice(steps)
            try:
                self._collection.carry_out(step)
            except LibraryBusy:
                pass
            except (CorpusError, IndexingError) as error:
                say("wrong", f"{step}: {error}")
            time.sleep(random.uniform(0, _PAUSE_SECONDS))

    def _word(self, article_id: str) -> str | None:
        with self._collection.library.snapshot() as snapshot:
            if not snapshot.has(article_id):
                return None
            return snapshot.revision(article_id).article.title.removeprefix("Report ")


def main() -> None:
    """Answers until its input ends, or it is ended."""
    home, wait_seconds = Path(sys.argv[1]), float(sys.argv[2])
    count_tokens("loads the table")
    say("ready")
    child: Child | None = None
    for line in sys.stdin:
        request, what = json.loads(line)
        if child is None:
            child = Child(home, wait_seconds=wait_seconds)
        answers: dict[str, Callable[[Any], None]] = {
            "examine": child.examine,
            "do": child.do,
            "upkeep": child.upkeep,
        }
        answers[request](what)


if __name__ == "__main__":
    main()
