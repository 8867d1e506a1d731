"""The one model that OpenAI's clients are offered."""

from typing import Literal

from pydantic import Field

from service.schemas.fields import Exact
from service.schemas.openai.names import MODEL, NO_TIME


class ModelOut(Exact):
    """What answers."""

    id: str = Field(MODEL, examples=[MODEL])
    object: Literal["model"] = "model"
    created: int = Field(NO_TIME, description="0: it has no such time.")
    owned_by: str = "byline"


class ModelsOut(Exact):
    """All models: there is one."""

    object: Literal["list"] = "list"
    data: list[ModelOut]
