"""A service around an adapter's search as FastAPI's documentation shows one: a model of the body and a plain function.

FastAPI runs a plain function in its thread pool. The reply has what a caller of a search needs: id, text and score.
"""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from speak import adapter_of


class Query(BaseModel):
    """What is asked."""

    query: str
    k: int = 10


class Hit(BaseModel):
    """One document."""

    id: str
    text: str
    score: float


def main() -> None:
    """`PYTHON front.py ADAPTER MODEL THREADS FOLDER PORT`: `POST /search` until the process is ended."""
    file, model, threads, folder, port = sys.argv[1:]
    peer = adapter_of(file)(model, int(threads))
    peer.open(folder)
    app = FastAPI()

    @app.post("/search")
    def found(body: Query) -> list[Hit]:
        return [Hit(id=name, text=text, score=score) for name, text, score in peer.search(body.query, body.k)]

    uvicorn.run(app, host="127.0.0.1", port=int(port), access_log=False)


if __name__ == "__main__":
    main()
