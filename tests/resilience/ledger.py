"""What was acknowledged, kept outside the processes under test, and the judgement of what is found afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.resilience.examining import PassageFact, Seen
from tests.resilience.operations import Kind, Operation, Version, changes


@dataclass
class Ledger:
    """The acknowledged state, and what was under way when the process was killed."""

    articles: dict[str, Version | None] = field(default_factory=dict)
    feedback: list[str] = field(default_factory=list)
    keys: dict[str, bool] = field(default_factory=dict)
    passages: Mapping[int, PassageFact] = field(default_factory=dict)
    """Every passage that was ever seen."""
    under_way: list[Operation] = field(default_factory=list)
    acknowledged: int = 0

    @property
    def present(self) -> set[str]:
        """Ids of articles that are there for certain."""
        return {name for name, version in self.articles.items() if version is not None}

    @property
    def unrevoked(self) -> set[str]:
        """Names of keys that can be revoked."""
        return {name for name, revoked in self.keys.items() if not revoked}

    def begin(self, operation: Operation) -> None:
        """The process is about to be told of it."""
        self.under_way.append(operation)

    def refused(self, operation: Operation) -> None:
        """It was answered with an error: nothing of it may be there."""
        self.under_way.remove(operation)

    def acknowledge(self, operation: Operation) -> None:
        """The process said that it is done."""
        self.under_way.remove(operation)
        self.acknowledged += 1
        self._take(operation)

    def judge(self, seen: Seen) -> list[str]:
        """Everything about this library that breaks the promise; empty where it is kept.

        What was under way is taken as done or not done, whichever was found, so that the next judgement holds it to it.
        """
        wrong = list(seen.problems)
        for operation in self.under_way:
            if outcome := self._outcome(operation, seen):
                wrong += outcome
        self.under_way.clear()
        wrong += _differences(self.articles, seen.articles)
        if sorted(seen.feedback) != sorted(self.feedback):
            wrong.append(f"feedback is {list(seen.feedback)} and not {self.feedback}")
        if dict(seen.keys) != self.keys:
            wrong.append(f"keys are {dict(seen.keys)} and not {self.keys}")
        wrong += [
            f"lost: passage {number} was {fact} and is {seen.passages.get(number)}"
            for number, fact in self.passages.items()
            if seen.passages.get(number) != fact
        ]
        self.passages = seen.passages
        return wrong

    def _outcome(self, operation: Operation, seen: Seen) -> list[str]:
        """Takes what was under way as done if it is; tells where it is half done."""
        match operation.kind:
            case Kind.FEEDBACK:
                if operation.subject in seen.feedback:
                    self._take(operation)
            case Kind.KEY | Kind.REVOKE:
                if seen.keys.get(operation.subject) == (operation.kind is Kind.REVOKE):
                    self._take(operation)
            case Kind.PUT | Kind.REMOVE | Kind.RESTORE:
                done = [seen.articles.get(name) == _text(version) for name, version in changes(operation)]
                if any(done) and not all(done):
                    return [f"half visible: {operation} is done for {done}"]
                if all(done):
                    self._take(operation)
        return []

    def _take(self, operation: Operation) -> None:
        self.articles.update(changes(operation))
        if operation.kind is Kind.FEEDBACK:
            self.feedback.append(operation.subject)
        if operation.kind in {Kind.KEY, Kind.REVOKE}:
            self.keys[operation.subject] = operation.kind is Kind.REVOKE
        if operation.kind is Kind.RESTORE:
            # the ids of its passages are given anew
            self.passages = {number: fact for number, fact in self.passages.items() if fact[0] != operation.subject}


def _differences(expected: Mapping[str, Version | None], found: Mapping[str, str]) -> Sequence[str]:
    wrong = []
    for name, version in expected.items():
        if found.get(name) != _text(version):
            is_there = "gone" if name not in found else "another text"
            kind = "back" if version is None else "lost"
            wrong.append(f"{kind}: {name} should be {version and version.word} and is {is_there}")
    return wrong + [f"back: {name} was never stored" for name in found.keys() - expected.keys()]


def _text(version: Version | None) -> str | None:
    return None if version is None else version.article.text
