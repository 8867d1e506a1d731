"""What the routes share: the parts of this process, put into the application by its factory."""

from typing import Annotated

from fastapi import Depends, Request

from service.compose import Parts
from service.core.engine import Engine


def _parts(request: Request) -> Parts:
    """All parts."""
    found: Parts = request.app.state.parts
    return found


def _engine(request: Request) -> Engine:
    """The core."""
    return _parts(request).engine


Shared = Annotated[Parts, Depends(_parts)]
"""All parts, as a parameter of a route."""
Core = Annotated[Engine, Depends(_engine)]
"""The core, as a parameter of a route."""
