"""Byline and a plain sentence-transformers and FAISS script, each in a process of its own, asked the same in turns."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.library.records import PassageVectors
from eval.cost.question_parts import WARM_UP, K

Times = list[dict[str, float]]
"""For each question the milliseconds by part."""
TimeAll = Callable[[str], Times]
"""Has a process time all questions once; the word says which way, if there are several."""

_PLAIN_SCRIPT = """
import json, os, sys, time
os.environ["TQDM_DISABLE"] = "1"
import faiss, numpy, torch
from sentence_transformers import SentenceTransformer
model, vectors, texts, questions, threads, k, warm_up = sys.argv[1:]
torch.set_num_threads(int(threads))
faiss.omp_set_num_threads(int(threads))
model = SentenceTransformer(model, device="cpu")
vectors = numpy.load(vectors)
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
texts, questions = json.load(open(texts, encoding="utf-8")), json.load(open(questions, encoding="utf-8"))

def whole(question):
    begun = time.perf_counter()
    vector = model.encode(question, normalize_embeddings=True)
    encoded = time.perf_counter()
    scores, rows = index.search(vector[None], int(k))
    [(texts[row], score) for row, score in zip(rows[0].tolist(), scores[0].tolist())]
    ended = time.perf_counter()
    return {"encode": 1000 * (encoded - begun), "search": 1000 * (ended - encoded), "total": 1000 * (ended - begun)}

for question in questions[:int(warm_up)]:
    whole(question)
print("[]", flush=True)
for line in sys.stdin:
    print(json.dumps([whole(question) for question in questions]), flush=True)
"""
"""What a short tutorial would have: the same weights, the vectors already computed. FAISS and torch have all
threads, as they do where nothing is set; the environment of this process says one for Byline's own."""


@dataclass(frozen=True, slots=True)
class Round:
    """All questions once through each."""

    whole: Times
    plain: Times
    parts: Times


def measure(
    home: Path, held: PassageVectors, questions: Sequence[str], *, model: Path, runs: int, threads: int
) -> list[Round]:
    """So many rounds on the library in `home`, which holds `held`; `model` is the folder of its encoder's weights.

    Both processes are warm before the first round, and only one works at a time.
    """
    with tempfile.TemporaryDirectory(prefix="byline-query-cost-") as folder:
        asked, vectors, texts = (Path(folder) / name for name in ("questions.json", "vectors.npy", "texts.json"))
        asked.write_text(json.dumps(questions), encoding="utf-8")
        np.save(vectors, held.vectors.astype(np.float32), allow_pickle=False)
        texts.write_text(json.dumps(held.texts), encoding="utf-8")
        ours = [sys.executable, "-m", "eval.cost.question_parts", str(home), str(asked)]
        plain = [sys.executable, "-c", _PLAIN_SCRIPT, *map(str, [model, vectors, texts, asked, threads, K, WARM_UP])]
        with started(ours) as byline, started(plain) as script:
            return [Round(byline("whole"), script("whole"), byline("parts")) for _ in range(runs)]


@contextmanager
def started(command: Sequence[str]) -> Iterator[TimeAll]:
    """A process that has said it is ready. Raises RuntimeError, also from its rounds, when it ended instead."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603

        def heard() -> Times:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise RuntimeError(f"{command[:3]} ended before it had answered")
            times: Times = json.loads(line)
            return times

        def time_all(way: str) -> Times:
            if process.stdin:
                process.stdin.write(f"{way}\n")
                process.stdin.flush()
            return heard()

        try:
            heard()
            yield time_all
        finally:
            process.kill()
