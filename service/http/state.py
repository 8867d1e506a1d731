"""What the routes share: the parts of this process, put into the application by its factory."""

from typing import Annotated

from fastapi import Depends, Request

from service.compose import Parts
from service.core.engine import Engine
from service.http.admission import Admission


# coroutines, as FastAPI hands plain functions to a thread, which costs more than all of these
async def _parts(request: Request) -> Parts:
    """All parts."""
    found: Parts = request.app.state.parts
    return found


async def _engine(request: Request) -> Engine:
    """The core."""
    parts: Parts = request.app.state.parts
    return parts.serving_engine


async def _queue(request: Request) -> Admission:
    """What questions wait in."""
    found: Admission = request.app.state.admission
    return found


async def _writes(request: Request) -> Admission:
    """What writes wait in."""
    found: Admission = request.app.state.writes
    return found


async def _checks(request: Request) -> Admission:
    """What citations wait in to be checked."""
    found: Admission = request.app.state.checks
    return found


Shared = Annotated[Parts, Depends(_parts)]
"""All parts, as a parameter of a route."""
Core = Annotated[Engine, Depends(_engine)]
"""The core, as a parameter of a route."""
Queue = Annotated[Admission, Depends(_queue)]
"""What questions wait in for the core, as a parameter of a route."""
Writes = Annotated[Admission, Depends(_writes)]
"""What writes wait in, as a parameter of a route."""
Checks = Annotated[Admission, Depends(_checks)]
"""What citations wait in to be checked, as a parameter of a route."""
