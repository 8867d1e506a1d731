"""Answers and follow-ups by a language model; where it fails, the reply is as it would be without one."""

from collections.abc import Sequence

from indexing.encoders.protocol import PieceEncoder
from service.core.abstention import NOT_IN_PASSAGES
from service.core.cancellation import NEVER, Cancellation
from service.core.errors import MAX_QUESTION_LENGTH, GeneratorFailed
from service.core.generator import Generator
from service.core.grounding import grounded
from service.core.prompts import NO_ANSWER, answer_messages, rewrite_messages, within_budget
from service.core.retrieve import Retrieved
from service.core.support import Supporter
from service.core.values import Abstention, Answer, Generation

GIVEN = 8
"""Most passages the model is given."""
_ANSWER_TOKENS = 400
_QUESTION_TOKENS = 120
_LONGEST = 10 * _ANSWER_TOKENS
"""Code points of an answer, more than so many tokens hold: not every endpoint stops, and each sentence is encoded."""
NOTHING_LEFT = "no sentence it wrote is borne out by the passages it cites"


class Writer:
    """Has a language model write, and holds it to what it was given."""

    def __init__(self, generator: Generator, *, tokens: int) -> None:
        """`tokens` bounds the passages it is given, in tiktoken tokens."""
        self._generator = generator
        self._tokens = tokens

    def failed(self, error: GeneratorFailed) -> Generation:
        """What a reply says of a model that failed."""
        return Generation(self._generator.name, used=False, reason=error.reason)

    def rewrite(self, question: str, *, earlier: Sequence[str], cancellation: Cancellation = NEVER) -> str:
        """The follow-up in words that stand alone. Raises GeneratorFailed, also for what cannot be a question."""
        messages = rewrite_messages(question, earlier)
        written = self._generator.complete(messages, most_tokens=_QUESTION_TOKENS, cancellation=cancellation)
        lines = written.strip().splitlines()
        no_question = question.rstrip().endswith("?") and "?" not in written
        if no_question or len(lines) != 1 or len(lines[0]) > MAX_QUESTION_LENGTH or not any(map(str.isalnum, lines[0])):
            raise GeneratorFailed("what it made of the follow-up is no question")
        return lines[0]

    def answer(
        self, question: str, *, retrieved: Retrieved, encoder: PieceEncoder, cancellation: Cancellation = NEVER
    ) -> tuple[Answer | Abstention | None, Generation]:
        """The model's answer, as far as the best passages bear it out, or its abstention; None where it failed."""
        held = [hit.passage for hit in retrieved.hits[:GIVEN] if hit.passage.passage_id in retrieved.pieces]
        given = within_budget(held, tokens=self._tokens)
        try:
            messages = answer_messages(question, given)
            written = self._generator.complete(messages, most_tokens=_ANSWER_TOKENS, cancellation=cancellation)
            if len(written) > _LONGEST:
                raise GeneratorFailed("it wrote much more than it was asked to")
        except GeneratorFailed as error:
            return None, self.failed(error)
        name = self._generator.name
        if written.strip("\"'*_. \n").upper() == NO_ANSWER:
            return Abstention(NOT_IN_PASSAGES), Generation(name, used=True, reason=None)
        support = Supporter(encoder=encoder, pieces=retrieved.pieces, idf=retrieved.idf)
        checked = grounded(written, given, support=support)
        reason = None if checked.answer else NOTHING_LEFT
        return checked.answer, Generation(name, checked.answer is not None, reason, checked.dropped)
