"""What plain set-ups do: one vector for a document, of as much of its beginning as the encoder reads."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpus.article import Article
from eval.questions.values import Question
from eval.systems.protocol import Response, Returned
from indexing.encoders.protocol import Embeddings, Encoder


class PlainDense:
    """Ranks whole articles by the cosine of one vector each. What stands behind the encoder's limit is not read.

    Title and text stand as BEIR's own evaluations join them. It is what figures in papers and model cards are of, so
    it shows whether ours are comparable. The vectors are kept in `cache`.
    """

    answers = False

    def __init__(
        self, articles: Sequence[Article], *, encoder: Encoder, cache: Path, name: str = "plain dense"
    ) -> None:
        self.name = name
        self._ids = [article.id for article in articles]
        self._encoder = encoder
        self._vectors = _kept(_documents(articles), encoder, cache)

    def respond(self, question: Question, *, k: int) -> Response:
        """The k nearest articles."""
        scores = self._vectors @ self._encoder.encode_question(question.text)
        best = np.argsort(-scores, kind="stable")[:k].tolist()
        return Response(passages=tuple(Returned(self._ids[row], None, float(scores[row])) for row in best))


def beginnings(texts: Sequence[str], encoder: Encoder) -> list[str]:
    """Each text up to where the encoder would stop reading, to the code point."""
    fits, cut = [0] * len(texts), [len(text) for text in texts]
    limit = encoder.identity.max_pieces
    trial = dict(enumerate(cut))
    while trial:
        counts = encoder.count_pieces([texts[row][:end] for row, end in trial.items()])
        for (row, end), count in zip(trial.items(), counts, strict=True):
            if count <= limit:
                fits[row] = end
            else:
                cut[row] = end - 1
        trial = {row: (fits[row] + cut[row] + 1) // 2 for row in trial if fits[row] < cut[row]}
    return [text[:end] for text, end in zip(texts, fits, strict=True)]


def _documents(articles: Sequence[Article]) -> list[str]:
    return [f"{article.title} {article.text}".strip() for article in articles]


def _kept(documents: Sequence[str], encoder: Encoder, cache: Path) -> Embeddings:
    """The documents' vectors; the file is named after all that they depend on, so it never goes stale."""
    depends_on = hashlib.sha256(encoder.identity.sha256.encode())
    # one model has slightly other vectors in int8 and fp32, and on another backend
    depends_on.update(encoder.encode_question("Which one is this?").tobytes())
    for document in documents:
        depends_on.update(hashlib.sha256(document.encode()).digest())
    file = cache / f"plain-dense-{depends_on.hexdigest()[:32]}.npy"
    if file.exists():
        kept: Embeddings = np.load(file, allow_pickle=False)
        return kept
    vectors = encoder.encode_passages(beginnings(documents, encoder))
    cache.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new.npy")
    np.save(temporary, vectors, allow_pickle=False)
    temporary.replace(file)
    return vectors
