"""Random operations on libraries beside the model: `python -m tests.resilience.model OPERATIONS [SEED]`.

Prints how many of each there were, and every mismatch with its episode's seed; the exit status is 1 if there was one.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from corpus.library.records import Filters
from tests.resilience.rules import DAYS, IDS, PUBLISHERS, Mismatch, Rules
from tests.vocabulary import WORDS

EPISODE = 400
"""Operations on one home, after which another one begins."""
LIMITS = (12, 16, 24)
_SHARES = {
    "search": 40, "put": 25, "remove": 8, "look": 4, "reopen": 6, "flush": 4, "merge": 3, "rebuild": 1, "adopt": 3,
    "backup": 2, "restore": 2, "resplit": 2,
}  # fmt: skip


def operation(rules: Rules, rng: random.Random) -> str:
    """Carries one out, drawn at random, and gives its name. Raises Mismatch."""
    name = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    reader = rng.randrange(len(rules.readers))
    act: dict[str, Callable[[], object]] = {
        "search": lambda: rules.search(reader, rng.sample(WORDS, rng.randint(1, 4)), _filters(rng)),
        "put": lambda: rules.put(
            rng.choice(IDS), rng.choices(WORDS, k=rng.randint(1, 24)), rng.choice(PUBLISHERS), rng.choice([None, *DAYS])
        ),
        "remove": lambda: rules.remove(rng.choice(IDS)),
        "look": lambda: rules.look(reader),
        "reopen": lambda: rules.reopen(reader),
        "flush": rules.flush,
        "merge": rules.merge,
        "rebuild": rules.rebuild,
        "adopt": lambda: rules.adopt(reader),
        "backup": rules.backup,
        "restore": rules.restore,
        "resplit": lambda: rules.resplit(rng.choice(LIMITS)),
    }
    act[name]()
    return name


def episode(operations: int, *, seed: int) -> Counter[str]:
    """So many operations on a new home. Raises Mismatch, or whatever an operation raises, which is one as well."""
    rng, done = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder, closing(Rules(Path(folder))) as rules:
        for _ in range(operations):
            done[operation(rules, rng)] += 1
    return done


def _filters(rng: random.Random) -> Filters:
    first, last = rng.choice([None, None, *DAYS]), rng.choice([None, None, *DAYS])
    return Filters(
        published_from=first,
        published_to=last,
        publishers=rng.choice([(), (), ("Courier",), ("Tide", "Courier")]),
        article_ids=tuple(rng.sample(IDS, rng.choice([0, 0, 3]))),
    )


def main() -> int:
    """Runs episodes until there were so many operations."""
    total, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    done, mismatches, number = Counter[str](), 0, 0
    while done.total() < total:
        number += 1
        try:
            done += episode(min(EPISODE, total - done.total()), seed=seed * 1_000_000 + number)
        except Exception as error:  # noqa: BLE001 - an error of any kind is a mismatch
            mismatches += 1
            kind = "" if isinstance(error, Mismatch) else f"{type(error).__name__}: "
            sys.stdout.write(f"MISMATCH in episode {seed * 1_000_000 + number}: {kind}{error}\n")
            if mismatches > 20:
                break
        if number % 10 == 0:
            sys.stdout.write(f"{done.total()} operations, {mismatches} mismatches\n")
            sys.stdout.flush()
    sys.stdout.write(", ".join(f"{count} {name}" for name, count in done.most_common()) + "\n")
    sys.stdout.write(f"{done.total()} operations in {number} episodes, seed {seed}: {mismatches} mismatches\n")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
