"""What all systems are given: passages as Byline splits them, each a document of its own, questions and judgements."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from corpus.article import Article
from corpus.articles import shipped_articles
from eval.collection import drafts_of
from eval.cost.question import questions_of
from eval.cost.recombined import recombined
from eval.exchange.beir import read_beir, splits_of
from eval.metrics.relevance import Qrels
from indexing.encoders.protocol import Encoder, passage_input
from indexing.ingest import identity_of
from indexing.preparing import splitter_of
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Document:
    """One passage."""

    id: str
    """The article's, and the passage's number in it behind a hyphen."""
    title: str
    text: str
    input: str
    """What every system encodes: the title in front of the text."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages in a file, a line each, and what is asked about them."""

    name: str
    file: Path
    size: int
    questions: tuple[str, ...]
    """Whose time is taken."""
    judged: dict[str, str]
    """Questions by id for the judgements; none where there are none."""
    qrels: Qrels
    """By article."""


def recombined_collection(settings: Settings, *, passages: int, questions: int, folder: Path) -> Collection:
    """Made of the shipped articles' sentences: for figures of cost, never of quality."""
    shipped = [draft.article for draft in drafts_of([shipped_articles()])]
    made = recombined(shipped, passages=passages, max_tokens=settings.max_tokens)
    documents = (
        _document(article, number, text) for article in made for number, text in enumerate(article.text.split("\n\n"))
    )
    file, size = _written(folder, islice(documents, passages))
    return Collection("recombined", file, size, tuple(questions_of(None, most=questions)), {}, {})


def beir_collection(
    settings: Settings,
    beir: Path,
    *,
    encoder: Callable[[], Encoder],
    passages: int | None,
    questions: int,
    folder: Path,
) -> Collection:
    """A BEIR folder's; judged only if it is whole. Raises BadExchange or BadCollection.

    The encoder, whose word pieces bound a passage, is asked for once the folder is known to be one.
    """
    read = [read_beir(beir, split=split) for split in splits_of(beir) or ["test"]]
    splitting = encoder()
    identity = identity_of(splitting, max_tokens=settings.max_tokens, overlap_tokens=settings.overlap_tokens)
    splitter = splitter_of(splitting, identity)
    documents = (
        _document(draft.article, number, span.of(draft.article.text))
        for draft in drafts_of([beir / "corpus.jsonl"])
        for number, span in enumerate(splitter.split(draft.article))
    )
    file, size = _written(folder, islice(documents, passages))
    whole = passages is None or size < passages
    qrels = {query: grades for one in read for query, grades in one.qrels.items()} if whole else {}
    judged = {query.id: query.text for one in read for query in one.queries if query.id in qrels}
    return Collection(beir.resolve().name, file, size, tuple(questions_of(beir, most=questions)), judged, qrels)


def article_of(document: str) -> str:
    """The article whose passage a document is."""
    return document.rpartition("-")[0]


def best_articles(documents: Sequence[str], *, k: int) -> list[str]:
    """The articles of ranked passages, each at its best passage's place."""
    return list(dict.fromkeys(map(article_of, documents)))[:k]


def read_documents(file: Path) -> Iterator[Document]:
    """Those of a collection's file, in order."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield Document(**json.loads(line))


def _document(article: Article, number: int, text: str) -> Document:
    return Document(f"{article.id}-{number}", article.title, text, passage_input(article.title, text))


def _written(folder: Path, documents: Iterable[Document]) -> tuple[Path, int]:
    """A file named after its content, so that indexes of it can be kept."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in documents]
    content = "".join(lines).encode()
    file = folder / f"{hashlib.sha256(content).hexdigest()[:12]}.jsonl"
    file.write_bytes(content)
    return file, len(lines)
