"""What readers send about an answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.schemas.fields import STORABLE, ArticleId, Exact, Question, Sha256, Text
from service.schemas.requests import MAX_HISTORY, FiltersIn, Turn

_MOST = 100
_Words = Annotated[str, Field(max_length=2_000, pattern=r"\w"), STORABLE]


class CitedIn(BaseModel):
    """Exact words of a revision. A citation of an answer can be sent as it is: its other members are not read."""

    article_id: ArticleId
    revision: Sha256
    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=0, strict=True)]
    quote: Annotated[Text, Field(pattern=r"\S")]

    model_config = ConfigDict(extra="ignore", frozen=True)


class CorrectionIn(Exact):
    """What would have been right; with nothing in it: that the articles do not answer the question."""

    answers: list[_Words] = Field(
        [], fail_fast=True, max_length=_MOST, description="Accepted answers, short, as in a question file."
    )
    evidence: list[CitedIn] = Field([], fail_fast=True, max_length=_MOST, description="The words that answer.")

    @model_validator(mode="after")
    def _borne_out(self) -> "CorrectionIn":
        if self.answers and not self.evidence:
            raise ValueError("there are answers but no evidence for them")
        return self


class FeedbackIn(Exact):
    """A reader's word on one reply of `/v1/ask`."""

    question: Question
    history: list[Turn] = Field([], fail_fast=True, max_length=MAX_HISTORY)
    filters: FiltersIn = Field(FiltersIn(), description="Those the question was asked with.")
    helpful: Annotated[bool, Field(strict=True, description="Thumbs up or down.")]
    abstained: Annotated[
        bool, Field(strict=True, description="Whether the reply was that the articles do not answer.")
    ] = False
    citations: list[CitedIn] = Field([], fail_fast=True, max_length=_MOST, description="Those of the answer.")
    correction: CorrectionIn | None = None
    comment: Annotated[str, Field(max_length=10_000), STORABLE] | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "What is the capital of France?", "abstained": True, "helpful": True},
                {"question": "Who won the cup?", "helpful": False, "correction": {}, "comment": "No article says so."},
            ]
        }
    )

    @model_validator(mode="after")
    def _of_a_reply(self) -> "FeedbackIn":
        if self.abstained and self.citations:
            raise ValueError("there are citations of a reply that abstained")
        if self.helpful and not self.abstained and not self.citations and self.correction is None:
            # it would say that nothing answers the question
            raise ValueError("an answer that was helpful comes with its citations; an abstention with `abstained`")
        if self.helpful and self.correction is not None:
            raise ValueError("a reply that was helpful needs no correction")
        return self

    def is_filtered(self) -> bool:
        """Whether some articles could not answer, as the question was asked."""
        return self.filters != FiltersIn()

    def is_of_same_reply(self, other: "FeedbackIn") -> bool:
        """Whether both are of one reply, as far as the two of one question tell."""
        return self.abstained == other.abstained and self.citations == other.citations


class FeedbackOut(Exact):
    """That it is kept."""

    id: str
