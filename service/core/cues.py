"""Whether a question leans on what was said before."""

import regex

_LEANING = regex.compile(
    r"\b(he|him|his|she|her|hers|they|them|their|theirs|it|its|this|that|these|those|there|then|one|ones|same|else)\b"
    r"|^\W{0,3}(and|but|or|so|what about|how about|why|when|where|who|how|which)\b\W{0,3}$"
    r"|^\W{0,3}(and|but|or|so|also|what about|how about)\b",
    regex.IGNORECASE,
)


def leans_on_history(question: str) -> bool:
    """Whether a question stands for more than it says: it has a pronoun, or goes on from something said before.

    Any other question is taken as it stands, so that what was talked about before does not become its answer.
    """
    return _LEANING.search(question) is not None
