"""How fast Byline is beside others, and by size, as the pages show it."""

from collections.abc import Iterator
from statistics import median

from eval.bench import figures
from eval.bench.figures import Measure
from eval.bench.shows import BEST
from eval.bench.systems import BYLINE
from eval.published.measurements import Document
from eval.published.quality import Results
from eval.reports.markdown import table

_SHOWN = (
    figures.INDEXING,
    figures.START,
    figures.p50("search"),
    figures.p50("ask"),
    figures.MEMORY,
    figures.SERVICE_MB,
    figures.served("search"),
    figures.served("ask"),
)


def best_peer(results: Results) -> Iterator[str]:
    """Byline's ratios to the best peer, in a sentence."""
    found = results["beside"]
    told = [f"{one['said']} {one['middle']:.2g} times" for one in found["aims"] if one["against"].startswith(BEST)]
    peers = [name for name, system in found["systems"].items() if system["rounds"] and name != BYLINE]
    yield (
        f"What Byline does in a second, to what the best of {len(peers)} peers does on the same machine "
        f"(`byline bench`): {', '.join(told)}."
    )


def beside_others(results: Results) -> Iterator[str]:
    """Byline and its peers, with the ratios that Byline aims at."""
    found = results["beside"]
    names = list(found["systems"])
    yield from _about(found)
    yield from table(
        ["measure", *names],
        (
            [f"{one.name}, {one.unit}", *(_cell(found["systems"][name]["rounds"], one) for name in names)]
            for one in _SHOWN
        ),
    )
    yield from ("", "Medians of two rounds. Byline's ratios, with their spread over rounds, and what it aims at:", "")
    yield from table(
        ["what", "against", "ratio", "aim"],
        (
            [one["said"], one["against"], f"{one['middle']:.2g} ({one['low']:.2g} to {one['high']:.2g})",
             f"{one['bound']:.2g}"]
            for one in found["aims"]
        ),
    )  # fmt: skip
    reasons = [f"`{name}`: {reason}" for name in names for reason in found["systems"][name]["failed"]]
    if reasons:
        yield from ("", f"Not measured: {'; '.join(reasons).rstrip('.')}.")


def by_size(results: Results) -> Iterator[str]:
    """Byline alone as the collection grows."""
    found = results["sizes"]
    yield from _about(found)
    yield from table(
        ["passages", "ask p50 ms", "again", "search p50 ms", "resident MB", "start s", "adding an article ms",
         "recall@10", "index built in s"],
        (
            [f"{one['passages']:,}", *(f"{one[name]:.1f}" for name in ("ask_p50_ms", "again_p50_ms", "search_p50_ms")),
             f"{one['resident_mb']:,.0f}", f"{one['start_s']:.1f}", f"{one['add_ms']:.0f}", f"{one['recall']:.3f}",
             f"{one['build_s']:.0f}"]
            for one in found["sizes"]
        ),
    )  # fmt: skip


def _about(found: Document) -> Iterator[str]:
    about = found["about"]
    yield from (f"On {about['machine']}; {about['collection']}:", "")


def _cell(rounds: list[dict[str, float]], measure: Measure) -> str:
    values = [one[measure.name] for one in rounds if measure.name in one]
    if not values:
        return "–"
    told = f"{median(values):.{measure.places}f}"
    return (
        told if len(values) == 1 else f"{told} ({min(values):.{measure.places}f} to {max(values):.{measure.places}f})"
    )
