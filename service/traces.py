"""Requests and the steps of their questions as OpenTelemetry spans, sent to a collector over OTLP/HTTP.

Spans wait in a queue of bounded length, and a thread beside the requests sends them, so a collector that is slow or
down costs spans and no request any time. Nothing of a request but its method, its route's pattern, its status and its
id goes into a span: `tracestate` is left out as well, being the client's to fill. Each process sends its own.
"""

import logging
import os
from collections.abc import Sequence
from contextvars import ContextVar, Token
from http import HTTPStatus
from importlib.metadata import version
from threading import Thread
from uuid import uuid4

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import DEFAULT_ON
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.core.values import Asked

_LOG = logging.getLogger("byline.traces")
_LONGEST_PARENT = 128
"""Bytes of a `traceparent` that is looked at; 55 as it is written today."""
_WAITING = 8192
"""Spans that wait to be sent, about seven a question; what comes while so many wait is dropped."""
_BATCH = 512
_EVERY_MS = 2000
_SEND_SECONDS = 5.0
"""For one batch, with its retries."""
_END_SECONDS = 2.0
"""How long the end of the process waits for what is left to be sent."""

_CURRENT: ContextVar[Span | None] = ContextVar("byline_request_span", default=None)


class Traces:
    """One process's. Used from any number of threads."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint` is where OTLP is taken, its path included."""
        # of its own, not the process's: other libraries would send words by that
        self._provider = TracerProvider(
            sampler=DEFAULT_ON,
            resource=Resource(
                {
                    "service.name": "byline",
                    "service.version": version("byline"),
                    "service.instance.id": str(uuid4()),
                    "process.pid": os.getpid(),
                }
            ),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                _LoggedExporter(endpoint),
                max_queue_size=_WAITING,
                max_export_batch_size=_BATCH,
                schedule_delay_millis=_EVERY_MS,
            )
        )
        self._tracer = self._provider.get_tracer("byline", version("byline"))
        self._closed = False

    def request(self, *, parent: bytes | None) -> "RequestTrace":
        """Begins a request's span, to which the questions of this context belong until it ends.

        It continues the client's trace if `parent` is a `traceparent` (W3C Trace Context), and is sent unless that
        says that the trace is not recorded.
        """
        span = self._tracer.start_span("request", context=_context_of(parent), kind=SpanKind.SERVER)
        return RequestTrace(span)

    def question(self, asked: Asked) -> None:
        """Adds a question that was answered, with its steps, to the request of this context; to none it is not."""
        request = _CURRENT.get()
        if request is None:
            return
        *steps, whole = asked.steps
        span = self._tracer.start_span(
            asked.way,
            context=set_span_in_context(request, Context()),
            start_time=whole.begun_ns,
            attributes={"byline.outcome": asked.outcome},
        )
        within = set_span_in_context(span, Context())
        for step in steps:
            self._tracer.start_span(step.name, context=within, start_time=step.begun_ns).end(step.ended_ns)
        span.end(whole.ended_ns)

    def close(self) -> None:
        """Sends what waits, for 2 s at most; the rest is dropped."""
        if self._closed:
            return
        self._closed = True
        # the SDK's own end waits for 30 s; a thread that is a daemon holds up nothing
        ending = Thread(target=self._provider.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(_END_SECONDS)


class RequestTrace:
    """The span of a request that is being answered."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[Span | None] = _CURRENT.set(span)

    def end(self, *, request_id: str, method: str, route: str, status: int) -> None:
        """Ends it; to be called in the context in which it began."""
        _CURRENT.reset(self._token)
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
                "byline.request_id": request_id,
            }
        )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class _LoggedExporter(SpanExporter):
    """Sends batches, and logs when that begins to fail and when it works again, not each time."""

    def __init__(self, endpoint: str) -> None:
        # tells of each batch and each retry
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
        self._endpoint = endpoint
        self._inner = OTLPSpanExporter(endpoint=endpoint, timeout=_SEND_SECONDS)
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """As the SDK has it."""
        result = self._inner.export(spans)
        failing = result is not SpanExportResult.SUCCESS
        if failing and not self._failing:
            _LOG.warning("no traces can be sent to %s; they are dropped until it takes them", self._endpoint)
        elif self._failing and not failing:
            _LOG.info("traces are sent to %s again", self._endpoint)
        self._failing = failing
        return result

    def shutdown(self) -> None:
        """As the SDK has it."""
        self._inner.shutdown()  # type: ignore[no-untyped-call] # the library's omission


def _context_of(parent: bytes | None) -> Context:
    """Of the client's trace, or an empty one, in which a trace begins."""
    if parent is None or len(parent) > _LONGEST_PARENT:
        return Context()
    carrier = {"traceparent": parent.decode("latin-1")}
    return TraceContextTextMapPropagator().extract(carrier, Context())
