"""Why there is no answer, in the words that a client gets."""

from service.core.retrieve import Retrieved

NO_ARTICLES = "there are no articles yet"
NO_MATCHES = "no article meets the filters"
NO_SENTENCES = "the passages found hold headings only"
NOT_IN_PASSAGES = "the language model found no answer in the passages"
NOT_ANSWERED = "the articles do not answer this; the passages are the nearest ones"


def why_nothing(retrieved: Retrieved, *, filtered: bool) -> str:
    """The reason where no sentence was found that could be an answer."""
    if retrieved.hits:
        return NO_SENTENCES
    return NO_MATCHES if filtered else NO_ARTICLES
