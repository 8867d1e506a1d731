"""Whether the process lives, whether it can answer, and what it counts."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel

from service.http.problems import responses
from service.http.state import Core, Shared
from service.metrics import MEDIA_TYPE

router = APIRouter(tags=["health"])

_METRICS = 'byline_questions_total{outcome="answer",way="ask"} 12.0\nbyline_passages 105.0\n'


class Live(BaseModel):
    """The process runs."""

    status: str = "live"


class Ready(BaseModel):
    """The library and its index can be searched."""

    status: str = "ready"
    passages: int


@router.head("/livez", include_in_schema=False)
@router.get("/livez")
async def livez() -> Live:
    """Whether the process runs; asks nothing else of it."""
    return Live()


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
def readyz(core: Core) -> Ready:
    """Whether questions can be answered now; 503 with the reason otherwise."""
    return Ready(passages=core.check_ready())


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        HTTPStatus.OK.value: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _METRICS}}},
        **responses(HTTPStatus.SERVICE_UNAVAILABLE),
    },
)
def metrics(parts: Shared) -> Response:
    """Figures for Prometheus: requests, questions by outcome, seconds of each step, the queue, the index."""
    return Response(parts.metrics.text(), media_type=MEDIA_TYPE)
