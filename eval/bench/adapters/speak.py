"""Drives one adapter: commands come in as lines of JSON, what each of them gave goes out as one line of JSON.

`PYTHON speak.py ADAPTER MODEL THREADS`, with the Python of the environment that has the adapter's library. An adapter
is a file with a class `Peer`, made from the model's folder and a number of threads, with the methods

    load()                        loads the model
    index(documents, folder)      indexes documents, each with `id`, `title`, `text` and `input`, and saves the index
    open(folder)                  loads the model and the saved index
    search(question, k)           the k best as (id, text, score), best first

and, if there is more than one way to ask it, a method for each with the parameters of `search`. One whose library has a
service of its own says how that is started,

    front(folder, port)           the command and what it needs in the environment

and the others are served by `front.py`. It needs nothing but its library: neither this file nor an adapter imports
anything of Byline's, with the exception of Byline's own.
"""

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

WARM_UP = 20
"""Questions asked before any is timed."""


def adapter_of(file: str) -> Any:  # noqa: ANN401 - its class is known when it is loaded
    """The class `Peer` of an adapter's file."""
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Peer


def index(peer: Any, *, documents: str, first: int | None, folder: str) -> dict[str, Any]:  # noqa: ANN401 - see above
    """Indexes the first so many documents of a file, all if None; the model is loaded before it is timed."""
    peer.load()
    begun = time.perf_counter()
    with Path(documents).open(encoding="utf-8") as lines:
        read = [json.loads(line) for _, line in zip(range(first) if first else count(), lines, strict=False)]
    peer.index(read, folder)
    return {"seconds": time.perf_counter() - begun, "documents": len(read)}


def opened(peer: Any, *, folder: str) -> dict[str, Any]:  # noqa: ANN401 - see above
    """Loads what `index` saved."""
    peer.open(folder)
    return {}


def ask(peer: Any, *, way: str, questions: list[str], k: int, warm: bool = False) -> dict[str, Any]:  # noqa: ANN401
    """Each question once, one after the other: milliseconds and ids of each; a few more before, if it is to be warm."""
    search = getattr(peer, way)
    for question in questions[:WARM_UP] if warm else ():
        search(question, k)
    times, ids = [], []
    for question in questions:
        begun = time.perf_counter()
        found = search(question, k)
        times.append(1000 * (time.perf_counter() - begun))
        ids.append([one[0] for one in found])
    return {"ms": times, "ids": ids}


def throughput(
    peer: Any,  # noqa: ANN401 - see above
    *,
    way: str,
    questions: list[str],
    k: int,
    threads: int,
    seconds: float,
) -> dict[str, Any]:
    """Questions a second that so many threads get answered."""
    search = getattr(peer, way)
    until = time.perf_counter() + seconds

    def work(number: int) -> int:
        for done in count(1):
            search(questions[(number + done * threads) % len(questions)], k)
            if time.perf_counter() >= until:
                return done
        return 0

    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        answered = sum(pool.map(work, range(threads)))
    return {"per_second": answered / (time.perf_counter() - begun)}


def call(peer: Any, *, method: str, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - see above
    """What a method of this adapter alone gives, and how long it takes."""
    begun = time.perf_counter()
    value = getattr(peer, method)(**given)
    return {"ms": 1000 * (time.perf_counter() - begun), "value": value}


def front(peer: Any, *, folder: str, port: int) -> dict[str, Any]:  # noqa: ANN401 - see above
    """The command that serves the index over HTTP on the loopback address."""
    if hasattr(peer, "front"):
        command, environment = peer.front(folder, port)
    else:
        command = [sys.executable, str(Path(__file__).with_name("front.py")), *sys.argv[1:], folder, str(port)]
        environment = {}
    return {"command": command, "environment": environment}


_COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    "index": index,
    "open": opened,
    "ask": ask,
    "throughput": throughput,
    "call": call,
    "front": front,
}


def main() -> None:
    """Obeys until the input ends. What a library prints goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1) as out:
        os.dup2(2, 1)
        file, model, threads = sys.argv[1:]
        try:
            peer = adapter_of(file)(model, int(threads))
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its result
            out.write(json.dumps({"error": f"{type(error).__name__}: {error}"}) + "\n")
            return
        for line in sys.stdin:
            given = json.loads(line)
            try:
                reply = _COMMANDS[given.pop("do")](peer, **given)
            except Exception as error:  # noqa: BLE001 - whatever a peer raises is its result
                reply = {"error": f"{type(error).__name__}: {error}"}
            out.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main()
