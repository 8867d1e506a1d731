"""What Byline means to reach against its peers: which ratio, and what it may be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.bench import figures
from eval.bench.figures import Figures, Measure, Ratio, ratio_of
from eval.bench.systems import BYLINE, HAYSTACK, PLAIN

BEST = "the best peer"


@dataclass(frozen=True, slots=True)
class Aim:
    """One ratio of Byline to a peer."""

    said: str
    ours: Measure
    theirs: Measure
    peer: str
    """A peer's name, or BEST."""
    bound: float
    """At most this where less is better, at least this where more is."""


AIMS = (
    Aim("full pipeline in process, p50", figures.p50("ask"), figures.p50("search"), PLAIN.name, 1 / 4),
    Aim("full pipeline in process, p50", figures.p50("ask"), figures.p50("search"), HAYSTACK.name, 1 / 40),
    Aim("search in process, p50", figures.p50("search"), figures.p50("search"), PLAIN.name, 1 / 8),
    Aim("nDCG@10", figures.QUALITY, figures.QUALITY, PLAIN.name, 1.0),
    Aim("nDCG@10", figures.QUALITY, figures.QUALITY, HAYSTACK.name, 1.0),
    Aim("indexing", figures.INDEXING, figures.INDEXING, BEST, 4.0),
    Aim("search over HTTP at p99 <= 50 ms", figures.served("search"), figures.served("search"), BEST, 10.0),
    Aim("full pipeline over HTTP at p99 <= 50 ms", figures.served("ask"), figures.served("search"), BEST, 4.0),
    Aim("start of the process to its first answer", figures.START, figures.START, PLAIN.name, 1 / 5),
    Aim("memory after all questions", figures.MEMORY, figures.MEMORY, PLAIN.name, 1 / 4),
    Aim("start of the service to its first answer", figures.SERVICE_START, figures.SERVICE_START, PLAIN.name, 1 / 5),
    Aim("memory of the service", figures.SERVICE_MB, figures.SERVICE_MB, PLAIN.name, 1 / 4),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An aim and what came of it."""

    aim: Aim
    against: str
    """The peer that it was measured against."""
    ratio: Ratio
    reached: bool | None
    """None where a peer or a round is missing, so that a better one may be."""


def outcomes(found: Figures, peers: Sequence[str], *, aims: Sequence[Aim] = AIMS) -> Iterator[Outcome]:
    """Of the aims that were measured. The best peer is that of each round."""
    for aim in aims:
        chosen = list(peers) if aim.peer == BEST else [aim.peer]
        ratio = _against(found, aim, chosen)
        if ratio is None:
            continue
        within = ratio.middle >= aim.bound if aim.ours.more_is_better else ratio.middle <= aim.bound
        yield Outcome(aim, _named(found, aim, chosen), ratio, within if _complete(found, aim, chosen) else None)


def _complete(found: Figures, aim: Aim, peers: Sequence[str]) -> bool:
    """Whether every peer has a figure in every round in which Byline has one; one that reached nothing has none."""
    rounds = len(found.values(BYLINE, aim.ours))
    return all(len([one for one in found.values(peer, aim.theirs) if one]) == rounds for peer in peers)


def _against(found: Figures, aim: Aim, peers: Sequence[str]) -> Ratio | None:
    best = max if aim.theirs.more_is_better else min
    pairs = []
    for number, ours in enumerate(found.rounds.get(BYLINE, [])):
        rounds = [found.rounds[peer][number] for peer in peers if number < len(found.rounds.get(peer, []))]
        theirs = [one[aim.theirs.name] for one in rounds if one.get(aim.theirs.name)]
        if aim.ours.name in ours and theirs:
            pairs.append((ours[aim.ours.name], best(theirs)))
    return ratio_of(pairs)


def _named(found: Figures, aim: Aim, peers: Sequence[str]) -> str:
    """The peer, or which of them was the best in the most rounds."""
    if aim.peer != BEST:
        return aim.peer
    best = max if aim.theirs.more_is_better else min
    firsts = []
    for number in range(max(len(found.rounds.get(peer, [])) for peer in peers)):
        had = {
            peer: found.rounds[peer][number][aim.theirs.name]
            for peer in peers
            if number < len(found.rounds.get(peer, [])) and found.rounds[peer][number].get(aim.theirs.name)
        }
        if had:
            firsts.append(best(had, key=lambda peer: had[peer]))
    return f"{BEST}, {max(firsts, key=firsts.count)}"
