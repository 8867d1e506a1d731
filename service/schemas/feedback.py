"""What readers send about an answer."""

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from service.schemas.fields import ArticleId, Exact, Question, Sha256, Text
from service.schemas.requests import MAX_HISTORY, Turn

_MOST = 100
_Words = Annotated[Text, Field(max_length=2_000, pattern=r"\w")]


class CitedIn(Exact):
    """Exact words of a revision, as a citation of an answer has them."""

    article_id: ArticleId
    revision: Sha256
    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=0, strict=True)]
    quote: Annotated[Text, Field(pattern=r"\S")]


class CorrectionIn(Exact):
    """What would have been right; with nothing in it: that the articles do not answer the question."""

    answers: list[_Words] = Field([], max_length=_MOST, description="Accepted answers, short, as in a question file.")
    evidence: list[CitedIn] = Field([], max_length=_MOST, description="The words that answer.")

    @model_validator(mode="after")
    def _borne_out(self) -> "CorrectionIn":
        if self.answers and not self.evidence:
            raise ValueError("there are answers but no evidence for them")
        return self


class FeedbackIn(Exact):
    """A reader's word on one reply of `/v1/ask`."""

    question: Question
    history: list[Turn] = Field([], max_length=MAX_HISTORY)
    helpful: Annotated[bool, Field(strict=True, description="Thumbs up or down.")]
    citations: list[CitedIn] = Field(
        [], max_length=_MOST, description="Those of the answer; none where it was an abstention."
    )
    correction: CorrectionIn | None = None
    comment: Annotated[Text, Field(max_length=10_000)] | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "What is the capital of France?", "helpful": True},
                {"question": "Who won the cup?", "helpful": False, "correction": {}, "comment": "No article says so."},
            ]
        }
    )


class FeedbackOut(Exact):
    """That it is kept."""

    id: str
