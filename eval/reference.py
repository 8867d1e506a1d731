"""`python -m eval.reference FOLDER`: whether our figures are those of sentence-transformers' own evaluator."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from corpus.article import Article
from eval.cached import indexed
from eval.collection import articles_of
from eval.errors import EvalError
from eval.evaluation import Entry, evaluate_documents
from eval.exchange.beir import Beir, read_beir
from eval.systems.plain_dense import PlainDense
from indexing.encoders.source import find_model
from service.compose import Parts
from service.settings import Settings, load_settings
from service.threads import limit_threads

TOLERANCE = 0.003
"""Of nDCG@10: what rounding and the order of equal scores may do."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """nDCG@10 of the same model on the same documents, by two programs."""

    queries: int
    theirs: float
    """Encoded, ranked and scored by sentence-transformers."""
    ours: float
    """Encoded by the configured encoder, ranked by `PlainDense`, scored by ir-measures."""

    @property
    def holds(self) -> bool:
        """Whether the two are the same but for noise."""
        return abs(self.theirs - self.ours) <= TOLERANCE


def compare(folder: Path, *, split: str, settings: Settings) -> Agreement:
    """Both figures for a BEIR folder (four minutes for SciFact on two cores). Raises EvalError."""
    beir = read_beir(folder, split=split)
    with indexed(settings, (beir.corpus,)) as parts:
        articles = articles_of(parts)
        ours = _ours(beir, articles, parts)
    return Agreement(len(beir.queries), _theirs(beir, articles, settings), ours)


def _ours(beir: Beir, articles: list[Article], parts: Parts) -> float:
    system = PlainDense(articles, encoder=parts.encoder, cache=parts.settings.cache / "eval")
    found = evaluate_documents([Entry(system, parts.library)], beir.queries, beir.qrels, k=100)
    return found.summaries[0].overall["article nDCG@10"].value


def _theirs(beir: Beir, articles: list[Article], settings: Settings) -> float:
    # seconds of torch that nothing else here needs
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator  # noqa: PLC0415

    model = SentenceTransformer(str(find_model(settings.encoder).folder), device=settings.device)
    evaluator = InformationRetrievalEvaluator(
        queries={query.id: query.text for query in beir.queries},
        corpus={article.id: f"{article.title} {article.text}".strip() for article in articles},
        relevant_docs={query: {id_ for id_, grade in grades.items() if grade} for query, grades in beir.qrels.items()},
        ndcg_at_k=[10],
        map_at_k=[100],
        write_csv=False,
    )
    return float(evaluator(model)["cosine_ndcg@10"])


def main(
    folder: Annotated[Path, typer.Argument(help="BEIR folder.")],
    split: Annotated[str, typer.Option(help="qrels to use.")] = "test",
) -> None:
    """Print both figures; exit status 1 if they differ by more than rounding explains."""
    settings = load_settings()
    limit_threads(settings.threads)
    try:
        found = compare(folder, split=split, settings=settings)
    except EvalError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        raise typer.Exit(1) from error
    sys.stdout.write(
        f"nDCG@10 over {found.queries} queries, one vector a document: sentence-transformers {found.theirs:.4f}, "
        f"plain dense {found.ours:.4f}, difference {found.ours - found.theirs:+.4f}\n"
    )
    raise typer.Exit(0 if found.holds else 1)


if __name__ == "__main__":
    typer.run(main)
