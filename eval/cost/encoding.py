"""`python -m eval.cost.encoding`: passages a second and milliseconds a question, of each way to run the encoder.

Side by side in one run: sentence-transformers, and the exported model in fp32 and int8, a text at a time and in
batches; beside the rate at which the machine does the bare matrix products of the int8 model.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Annotated

import numpy as np
import onnx
import onnxruntime
import typer
from onnx import TensorProto, helper, numpy_helper

from corpus.articles import shipped_articles
from eval.collection import drafts_of
from eval.cost.question import machine
from eval.cost.recombined import recombined
from eval.questions import shipped_questions
from eval.questions.reading import read_questions
from eval.reports.markdown import table
from eval.told import telling_errors
from indexing.encoders.backend import Backend, Precision
from indexing.encoders.choose import open_encoder
from indexing.encoders.exported import MODEL, export_folder
from indexing.encoders.protocol import Encoder, passage_input
from service.settings import Settings, load_settings
from service.threads import limit_threads

REFERENCE, OURS = "sentence-transformers, batches of 32", "int8, a text at a time"
LIMIT = "bare int8 products of the same shapes"
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the encoder."""

    passages: Callable[[], object]
    """Encodes all passages once."""
    question: Callable[[str], object] | None = None
    """Encodes one question; None for what knows none."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one way in one round."""

    passages: float
    """A second."""
    question_ms: float | None
    """Median over questions."""


def rates(ways: dict[str, Way], *, passages: int, questions: Sequence[str], runs: int) -> dict[str, list[Rate]]:
    """So many rounds, in each of which every way encodes everything once; one round before is not counted."""
    found: dict[str, list[Rate]] = {name: [] for name in ways}
    for number in range(runs + 1):
        for name, way in ways.items():
            begun = time.perf_counter()
            way.passages()
            seconds = time.perf_counter() - begun
            asked = None if way.question is None else median(_timed(way.question, text) for text in questions)
            if number:
                found[name].append(Rate(passages / seconds, asked))
    return found


def _timed(question: Callable[[str], object], text: str) -> float:
    begun = time.perf_counter()
    question(text)
    return 1000 * (time.perf_counter() - begun)


def ways_of(settings: Settings, texts: Sequence[str]) -> dict[str, Way]:
    """All ways, on these texts."""
    opened = partial(
        open_encoder,
        settings.encoder,
        cache=settings.cache,
        threads=settings.threads,
        device="cpu",
        on_export=lambda _: None,
    )
    reference = opened(backend=Backend.SENTENCE_TRANSFORMERS, precision=Precision.FP32)
    fp32 = opened(backend=Backend.ONNX, precision=Precision.FP32)
    int8 = opened(backend=Backend.ONNX, precision=Precision.INT8)
    file = export_folder(settings.cache, settings.encoder, Precision.INT8) / MODEL
    pieces = int(median(int8.count_pieces(texts)))
    return {
        REFERENCE: _way(reference, texts),
        "fp32, a text at a time": _way(fp32, texts),
        f"int8, batches of {_BATCH} on all threads": Way(
            _in_batches(file, pieces=pieces, threads=settings.threads, texts=len(texts), batch=_BATCH)
        ),
        OURS: _way(int8, texts),
        LIMIT: Way(_products(file, pieces, settings.threads, len(texts))),
    }


def report(found: dict[str, list[Rate]]) -> Iterator[str]:
    """The table, and the ratios of the same rounds."""
    rows = []
    for name, some in found.items():
        asked = [rate.question_ms for rate in some if rate.question_ms is not None]
        rows.append([name, f"{median(rate.passages for rate in some):.1f}", f"{median(asked):.2f}" if asked else "–"])
    yield from table(["encoder", "passages/s", "question ms"], rows)
    yield ""
    for other in (REFERENCE, LIMIT):
        ratios = [one.passages / two.passages for one, two in zip(found[OURS], found[other], strict=True)]
        yield f"{OURS}, to {other}: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _way(encoder: Encoder, texts: Sequence[str]) -> Way:
    return Way(lambda: encoder.encode_passages(texts), encoder.encode_question)


def _in_batches(file: Path, *, pieces: int, threads: int, texts: int, batch: int) -> Callable[[], None]:
    """The exported model on batches of texts of one length, which none has to be filled up for."""
    session = _session(str(file), threads)
    ids = np.random.default_rng(1).integers(1000, 2000, (batch, pieces))
    feed = {value.name: ids if value.name == "input_ids" else np.ones_like(ids) for value in session.get_inputs()}
    feed |= {name: np.zeros_like(ids) for name in feed if name == "token_type_ids"}

    def run() -> None:
        for _ in range(texts // batch):
            session.run(["sentence_embedding"], feed)

    return run


def _products(file: Path, pieces: int, threads: int, passages: int) -> Callable[[], None]:
    """The model's products of activations and weights and nothing else, each thread one passage after the other."""
    model = onnx.load(file)
    weights = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    shapes = [weights[node.input[1]].shape for node in model.graph.node if node.op_type == "MatMulInteger"]
    session = _session(_graph_of(shapes, pieces), 1)
    random = np.random.default_rng(1)
    feed = {f"in{at}": random.integers(0, 255, (pieces, k)).astype(np.uint8) for at, (k, _) in enumerate(shapes)}
    workers = ThreadPoolExecutor(threads)

    def run() -> None:
        list(workers.map(lambda _: session.run(None, feed), range(passages)))

    return run


def _graph_of(shapes: Sequence[tuple[int, int]], pieces: int) -> bytes:
    """A graph of one product for each shape (k, n) of weights, by activations of shape (pieces, k)."""
    random = np.random.default_rng(1)
    nodes, weights, inputs, outputs = [], [], [], []
    for at, (k, n) in enumerate(shapes):
        weights.append(numpy_helper.from_array(random.integers(-127, 128, (k, n)).astype(np.int8), f"weights{at}"))
        inputs.append(helper.make_tensor_value_info(f"in{at}", TensorProto.UINT8, [pieces, k]))
        outputs.append(helper.make_tensor_value_info(f"out{at}", TensorProto.INT32, [pieces, n]))
        nodes.append(helper.make_node("MatMulInteger", [f"in{at}", f"weights{at}"], [f"out{at}"]))
    graph = helper.make_graph(nodes, "products", inputs, outputs, weights)
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    ).SerializeToString()
    return made


def _session(model: str | bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # its threads must not spin into the next way's time
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(
        model,
        sess_options=options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def main(
    *,
    passages: Annotated[int, typer.Option(min=_BATCH, help="So many, made of the shipped articles.")] = 320,
    questions: Annotated[int, typer.Option(min=1, help="So many of the shipped questions.")] = 60,
    runs: Annotated[int, typer.Option(min=1, help="Rounds.")] = 5,
) -> None:
    """Print how fast each way to run the encoder is, and the ratios."""
    with telling_errors():
        settings = load_settings()
        limit_threads(settings.threads)
        articles = [draft.article for draft in drafts_of([shipped_articles()])]
        made = recombined(articles, passages=passages, max_tokens=settings.max_tokens)
        packs = (passage_input(article.title, text) for article in made for text in article.text.split("\n\n"))
        # whole batches only, as every way must encode as many
        texts = list(islice(packs, passages // _BATCH * _BATCH))
        asked = [question.text for question in read_questions(shipped_questions())][:questions]
        found = rates(ways_of(settings, texts), passages=len(texts), questions=asked, runs=runs)
    sys.stdout.write(f"{len(texts)} passages, {len(asked)} questions; {machine()}, {settings.threads} threads\n\n")
    sys.stdout.writelines(f"{line}\n" for line in report(found))


if __name__ == "__main__":
    typer.run(main)
