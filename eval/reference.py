"""`python -m eval.reference FOLDER`: whether our figures are those of sentence-transformers' own evaluator."""

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer

from corpus.article import Article
from eval.collection import drafts_of
from eval.exchange.beir import Beir, read_beir
from eval.measure import measured_documents, run
from eval.systems.plain_dense import PlainDense
from eval.told import telling_errors
from indexing.encoders.backend import Precision
from indexing.encoders.source import find_model
from service.compose import Parts
from service.settings import Settings, load_settings
from service.threads import limit_threads

TOLERANCE = 0.003
"""Of nDCG@10: what rounding, another runtime for the same weights and the order of equal scores may do."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """nDCG@10 of the same model on the same documents, by two programs."""

    queries: int
    theirs: float
    """Encoded, ranked and scored by sentence-transformers."""
    ours: float
    """Encoded by the configured encoder in fp32, ranked by `PlainDense`, scored by ir-measures."""

    @property
    def holds(self) -> bool:
        """Whether the two are the same but for noise."""
        return abs(self.theirs - self.ours) <= TOLERANCE


def compare(folder: Path, *, split: str, settings: Settings) -> Agreement:
    """Both figures for a BEIR folder (four minutes for SciFact on two cores). Raises EvalError."""
    beir = read_beir(folder, split=split)
    articles = [draft.article for draft in drafts_of([beir.corpus])]
    # in full precision: int8 is measured beside it, and is not what the other program runs
    with closing(Parts(settings.model_copy(update={"encoder_precision": Precision.FP32}))) as parts:
        system = PlainDense(articles, encoder=parts.encoder, cache=settings.cache / "eval")
    found = measured_documents(system, run(system, beir.queries, k=100), beir.qrels)
    ours = fmean(found.values["article nDCG@10"].values())
    return Agreement(len(beir.queries), _theirs(beir, articles, settings), ours)


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
    with telling_errors():
        found = compare(folder, split=split, settings=settings)
    sys.stdout.write(
        f"nDCG@10 over {found.queries} queries, one vector a document: sentence-transformers {found.theirs:.4f}, "
        f"plain dense {found.ours:.4f}, difference {found.ours - found.theirs:+.4f}\n"
    )
    raise typer.Exit(0 if found.holds else 1)


if __name__ == "__main__":
    typer.run(main)
