"""The models on offer: one, which answers from the articles."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from service.http.openai.errors import responses
from service.schemas.openai.models import ModelOut, ModelsOut
from service.schemas.openai.names import MODEL

router = APIRouter(prefix="/v1/models", tags=["openai"], responses=responses())


@router.get("")
async def models() -> ModelsOut:
    """The models."""
    return ModelsOut(data=[ModelOut()])


@router.get("/{model}", responses=responses(HTTPStatus.NOT_FOUND))
async def model(model: Annotated[str, Path(examples=[MODEL])]) -> ModelOut:
    """One model."""
    if model != MODEL:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no model '{model[:80]}'; there is {MODEL}")
    return ModelOut()
