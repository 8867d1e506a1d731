"""What the routes share: the parts of this process, put into the application by its factory."""

from fastapi import Request

from service.compose import Parts
from service.core.engine import Engine


def parts(request: Request) -> Parts:
    """All parts."""
    found: Parts = request.app.state.parts
    return found


def engine(request: Request) -> Engine:
    """The core."""
    return parts(request).engine
