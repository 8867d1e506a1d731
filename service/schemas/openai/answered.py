"""A reply of the core as OpenAI's clients get it: the text of a message, citations placed on it, and what was found."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pydantic import Field

from indexing.tokens import count_tokens
from service.core.placing import Placed, placed
from service.core.values import Answer, Reply
from service.schemas.fields import Exact
from service.schemas.openai.turns import Asked
from service.schemas.passages import PLACES, HitOut, passages_out
from service.schemas.replies import CitationOut, GenerationOut

_WORD = re.compile(r"\s*\S+\s*")


class BylineOut(Exact):
    """What the service has to say beside the message. Not a part of OpenAI's API; its clients show it as it is."""

    abstained: bool = Field(description="Whether the message says that the articles do not answer.")
    reason: str | None = Field(description="Why; null for an answer.")
    answerable: float = Field(ge=0, le=1, description="Estimated probability that the articles answer.")
    rewritten_question: str | None
    differ: bool = Field(description="Whether two articles cited give different numbers of one thing.")
    generation: GenerationOut | None
    passages: list[HitOut] = Field(description="The best passages, also with an abstention.")


class UrlCitation(Exact):
    """Where in the message something is cited, and its article."""

    start_index: int = Field(description="In code points of the message's content.")
    end_index: int = Field(description="Likewise; the first one behind the words.")
    title: str
    url: str = Field(description="The article's own address, or else its text in this service.")


@dataclass(frozen=True, slots=True)
class Cited:
    """One citation at one place of the message."""

    url_citation: UrlCitation
    byline: CitationOut


@dataclass(frozen=True, slots=True)
class Answered:
    """A message."""

    content: str
    citations: tuple[Cited, ...]
    byline: BylineOut
    asked_tokens: int
    """Of the question and the earlier ones, in tiktoken `o200k_base`."""
    answer_tokens: int

    @classmethod
    def of(cls, reply: Reply, asked: Asked, *, address: str) -> "Answered":
        """From the core's value; `address` is this service's own, with a slash at its end."""
        outcome = reply.outcome
        answer = outcome if isinstance(outcome, Answer) else None
        reason = None if isinstance(outcome, Answer) else outcome.reason
        content = outcome.text if isinstance(outcome, Answer) else f"{outcome.reason[0].upper()}{outcome.reason[1:]}."
        return cls(
            content=content,
            citations=() if answer is None else tuple(_cited(one, address) for one in placed(answer)),
            byline=BylineOut(
                abstained=answer is None,
                reason=reason,
                answerable=round(reply.answerable, PLACES),
                rewritten_question=reply.rewritten,
                differ=answer is not None and answer.differ,
                generation=None if reply.generation is None else GenerationOut.of(reply.generation),
                passages=passages_out(reply.hits),
            ),
            asked_tokens=sum(count_tokens(text) for text in (asked.question, *asked.history)),
            answer_tokens=count_tokens(content),
        )

    @property
    def pieces(self) -> list[str]:
        """The content a word at a time; joined they are the content."""
        return _WORD.findall(self.content)


def _cited(place: Placed, address: str) -> Cited:
    row = place.citation.passage
    kept = f"{address}v1/articles/{quote(row.article_id, safe='')}?revision={row.revision}"
    citation = UrlCitation(
        start_index=place.span.start,
        end_index=place.span.end,
        title=row.title,
        url=row.url if row.url is not None and _is_web(row.url) else kept,
    )
    return Cited(citation, CitationOut.of(place.citation))


def _is_web(url: str) -> bool:
    """Whether it can be a link: clients make one of it, which must not run a script."""
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False
