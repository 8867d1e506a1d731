"""The route for what readers say of answers."""

from functools import partial
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request

from service.core.cancellation import Cancellation
from service.core.engine import Engine
from service.feedback.said import id_of
from service.feedback.store import add_feedback
from service.http.problems import WrongField, responses
from service.http.state import Checks, Core, Shared
from service.schemas.feedback import CitedIn, FeedbackIn, FeedbackOut

router = APIRouter(
    prefix="/v1",
    tags=["feedback"],
    responses=responses(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
    ),
)


@router.post("/feedback", status_code=HTTPStatus.CREATED)
async def feedback(body: FeedbackIn, core: Core, parts: Shared, checks: Checks, request: Request) -> FeedbackOut:
    """Keeps what a reader says of an answer; `byline feedback export` makes questions for the evaluator of it.

    Words that are not at their place in that revision are refused: they could not be checked later on.
    """
    cancellation = Cancellation()
    work = partial(_keep, core, parts.settings.home, body, cancellation)
    return FeedbackOut(id=id_of(await checks.run(work, receive=request.receive, cancellation=cancellation)))


def _keep(core: Engine, home: Path, body: FeedbackIn, cancellation: Cancellation) -> int:
    _check(core, "citations", body.citations, cancellation)
    if body.correction is not None:
        _check(core, "correction.evidence", body.correction.evidence, cancellation)
    return add_feedback(home, body.model_dump_json())


def _check(core: Engine, field: str, cited: list[CitedIn], cancellation: Cancellation) -> None:
    with core.verifier() as verifier:
        for place, one in sorted(enumerate(cited), key=lambda numbered: (numbered[1].article_id, numbered[1].revision)):
            cancellation.check()
            verdict = verifier.verify(
                one.article_id, revision=one.revision, start=one.start, end=one.end, quote=one.quote
            )
            if not verdict.valid:
                raise WrongField(f"{field}.{place}", verdict.reason or "it is not true")
