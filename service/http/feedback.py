"""The route for what readers say of answers."""

from http import HTTPStatus

from fastapi import APIRouter

from service.core.engine import Engine
from service.feedback.said import id_of
from service.feedback.store import add_feedback
from service.http.problems import WrongField, responses
from service.http.state import Core, Shared
from service.schemas.feedback import CitedIn, FeedbackIn, FeedbackOut

router = APIRouter(
    prefix="/v1",
    tags=["feedback"],
    responses=responses(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
    ),
)


@router.post("/feedback", status_code=HTTPStatus.CREATED)
def feedback(body: FeedbackIn, core: Core, parts: Shared) -> FeedbackOut:
    """Keeps what a reader says of an answer; `byline feedback export` makes questions for the evaluator of it.

    Words that are not at their place in that revision are refused: they could not be checked later on.
    """
    _check(core, "citations", body.citations)
    if body.correction is not None:
        _check(core, "correction.evidence", body.correction.evidence)
    number = add_feedback(parts.settings.home, body.model_dump_json())
    return FeedbackOut(id=id_of(number))


def _check(core: Engine, field: str, cited: list[CitedIn]) -> None:
    for place, one in enumerate(cited):
        verdict = core.verify(one.article_id, revision=one.revision, start=one.start, end=one.end, quote=one.quote)
        if not verdict.valid:
            raise WrongField(f"{field}.{place}", verdict.reason or "it is not true")
