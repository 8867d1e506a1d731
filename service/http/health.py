"""Whether the process lives, and whether it can answer."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from service.http.problems import responses
from service.http.state import Core

router = APIRouter(tags=["health"])


class Live(BaseModel):
    """The process runs."""

    status: str = "live"


class Ready(BaseModel):
    """The library and its index can be searched."""

    status: str = "ready"
    passages: int


@router.get("/livez")
async def livez() -> Live:
    """Whether the process runs; asks nothing else of it."""
    return Live()


@router.get("/readyz", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
def readyz(core: Core) -> Ready:
    """Whether questions can be answered now; 503 with the reason otherwise."""
    return Ready(passages=core.check_ready())
