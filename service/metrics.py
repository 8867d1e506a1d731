"""What a process counts for Prometheus; several processes of one service share their counts through files."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from indexing.searching import SearchIndex
from service.core.values import Asked

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder of shared counts. prometheus_client reads it when it is imported, so it is set for a process by
the one that starts it."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Held:
    """What a library holds and how it is indexed."""

    articles: int
    passages: int
    in_memory: int
    """Passages held in memory, being newer than the indexes."""
    generation: int
    """Of the indexes; 0 where there are none."""


def held_by(index: SearchIndex) -> Held:
    """What the index over a library tells of both. Raises what reading it raises."""
    with index.reading() as (snapshot, view):
        counts = snapshot.counts()
        return Held(
            articles=counts.articles,
            passages=counts.passages,
            in_memory=sum(map(len, view.newer)),
            generation=view.number or 0,
        )


class Metrics:
    """One process's; `held` is asked at each scrape."""

    def __init__(self, *, held: Callable[[], Held]) -> None:
        registry = CollectorRegistry()
        self._requests = Counter(
            "byline_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "byline_http_request_seconds", "From a request's head to the end of its answer.", ["route"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._questions = Counter(
            "byline_questions", "Questions by what they were asked for and what came of them.", ["way", "outcome"],
            registry=registry,
        )  # fmt: skip
        self._step_seconds = Histogram(
            "byline_step_seconds", "Steps of a question.", ["step"], buckets=_SECONDS, registry=registry
        )
        self._inside = Gauge(
            "byline_questions_inside", "Questions that wait or are being answered.", multiprocess_mode="livesum",
            registry=registry,
        )  # fmt: skip
        self._refused = Counter(
            "byline_questions_refused",
            "Questions that found the queue full, or waited too long in it.",
            registry=registry,
        )
        folder = os.environ.get(FOLDER_VARIABLE)
        if folder is None:
            self._shown = registry
            # of one process; several have no common memory or start
            ProcessCollector(registry=registry)
            PlatformCollector(registry=registry)
        else:
            self._shown = _shared(folder)
        self._shown.register(_Library(held))

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def question(self, asked: Asked) -> None:
        """Counts a question that was answered."""
        self._questions.labels(asked.way, asked.outcome).inc()
        for step in asked.steps:
            self._step_seconds.labels(step.name).observe(step.milliseconds / 1000)

    def inside(self, count: int) -> None:
        """Notes how many questions wait or are being answered."""
        self._inside.set(count)

    def refused(self) -> None:
        """Counts a question that found the queue full, or waited too long in it."""
        self._refused.inc()

    def text(self) -> bytes:
        """All figures in Prometheus's text format. Raises what `held` raises."""
        return generate_latest(self._shown)


class _Library(Collector):
    def __init__(self, held: Callable[[], Held]) -> None:
        self._held = held

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering asks the library nothing."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The library as it is now."""
        held = self._held()
        figures: Mapping[str, tuple[str, int]] = {
            "byline_articles": ("Articles in the library.", held.articles),
            "byline_passages": ("Searchable passages.", held.passages),
            "byline_passages_in_memory": ("Passages held in memory, newer than the indexes.", held.in_memory),
            "byline_index_generation": ("Number of the generation that is searched; 0 for none.", held.generation),
        }
        for name, (text, value) in figures.items():
            yield GaugeMetricFamily(name, text, value=value)


def forget_process(pid: int, folder: Path) -> None:
    """Takes what a process that ended had in hand out of the shared counts; what it counted stays."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call] # the library's omission


def _shared(folder: str) -> CollectorRegistry:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call] # the library's omission
    return registry
