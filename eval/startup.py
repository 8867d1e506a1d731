"""Start-up and memory of the service beside those of a plain sentence-transformers and FAISS script, in one run."""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_QUESTION = "Why did Oh Chong-song keep driving?"
_ADDRESS = re.compile(r"http://\S+")

_PLAIN_SCRIPT = """
import sys
import faiss, numpy
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
vectors = numpy.load(sys.argv[2])
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
index.search(model.encode([sys.argv[3]], normalize_embeddings=True), 5)
print("http://ready", flush=True)
sys.stdin.read()
"""
"""What a short tutorial would have: the same weights, the vectors already computed, ready after one question."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start of one process."""

    seconds: float
    """From the start of the process until it has answered a question and takes the next."""
    resident_mb: float
    """VmRSS at that moment."""
    torch: bool
    """Whether a library of torch is mapped into the process."""


def measure(runs: int) -> dict[str, list[Start]]:
    """Alternating starts of both, on one library of the shipped articles. Each is started once before, uncounted."""
    # the model's folder and the stored vectors are the product's own
    from indexing.encoders.source import PACKAGED_NAME, find_model  # noqa: PLC0415
    from service.compose import opened  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        command = [sys.executable, "-m", "service.cli.main", "--home", str(home)]
        subprocess.run([*command, "add", "--shipped"], check=True, capture_output=True)  # noqa: S603
        subprocess.run([*command, "rebuild"], check=True, capture_output=True)  # noqa: S603
        vectors = Path(folder) / "vectors.npy"
        with opened(load_settings(home=home)) as parts, parts.library.snapshot() as snapshot:
            _save(vectors, snapshot.vectors_after(0).vectors)
        model = str(find_model(PACKAGED_NAME).folder)
        starts: dict[str, Callable[[], Start]] = {
            "byline serve": lambda: _start([*command, "serve", "--port", "0", "--ask", _QUESTION]),
            "sentence-transformers + FAISS": lambda: _start(
                [sys.executable, "-c", _PLAIN_SCRIPT, model, str(vectors), _QUESTION]
            ),
        }
        for start in starts.values():
            start()
        rounds = [{name: start() for name, start in starts.items()} for _ in range(runs)]
    return {name: [one[name] for one in rounds] for name in starts}


def main() -> None:
    """`python -m eval.startup [--runs N]`: prints both, medians over the runs, and their ratios."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--runs", type=int, default=5)
    results = measure(parser.parse_args().runs)
    lines = ["| process | ready after s | resident MB | torch loaded |", "|---|---|---|---|"]
    for name, starts in results.items():
        seconds = statistics.median(start.seconds for start in starts)
        resident = statistics.median(start.resident_mb for start in starts)
        torch = "yes" if any(start.torch for start in starts) else "no"
        lines.append(f"| {name} | {seconds:.2f} | {resident:.0f} | {torch} |")
    ours, plain = results.values()
    ratios = [a.seconds / b.seconds for a, b in zip(ours, plain, strict=True)]
    memory = [a.resident_mb / b.resident_mb for a, b in zip(ours, plain, strict=True)]
    lines.append(
        f"\nmedian ratio of {len(ratios)} alternating runs: time {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}), memory {statistics.median(memory):.2f} "
        f"({min(memory):.2f} to {max(memory):.2f})"
    )
    sys.stdout.write("\n".join(lines) + "\n")


def _save(file: Path, vectors: object) -> None:
    import numpy as np  # noqa: PLC0415

    np.save(file, np.asarray(vectors, np.float32), allow_pickle=False)


def _start(command: list[str]) -> Start:
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - the commands above
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        for line in process.stdout:
            if _ADDRESS.search(line):
                break
        else:
            raise RuntimeError(f"{command} ended before it was ready")
        seconds = time.perf_counter() - begun
        proc = Path(f"/proc/{process.pid}")
        status = re.search(r"VmRSS:\s+(\d+) kB", (proc / "status").read_text())
        if status is None:
            raise RuntimeError("the kernel does not tell the resident memory")
        return Start(seconds, int(status[1]) / 1024, "/torch/" in (proc / "maps").read_text())
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
