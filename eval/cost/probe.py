"""`python -m eval.cost.probe URL`: how long small answers take, one after the other, on a new connection each."""

import http.client
import sys
import time
from http import HTTPStatus
from typing import Annotated

import typer

from eval.cost.client import target_of
from eval.errors import EvalError
from eval.told import telling_errors

_TIMEOUT_SECONDS = 30


def main(
    url: Annotated[str, typer.Argument(help="Such as http://127.0.0.1:8000/livez; loopback addresses only.")],
    *,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="For how long.")] = 10,
    pause_ms: Annotated[float, typer.Option(min=0, help="Between an answer and the next request.")] = 20,
) -> None:
    """Print the milliseconds of each answer, a line each. Anything but 200 ends it with an error."""
    with telling_errors():
        target = target_of(url)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            begun = time.perf_counter()
            connection = http.client.HTTPConnection(target.host, target.port, timeout=_TIMEOUT_SECONDS)
            try:
                connection.request("GET", target.path)
                status = connection.getresponse().status
            except OSError as error:
                raise EvalError(f"{url}: {error}") from error
            finally:
                connection.close()
            if status != HTTPStatus.OK:
                raise EvalError(f"{url}: status {status}")
            sys.stdout.write(f"{1000 * (time.perf_counter() - begun):.3f}\n")
            time.sleep(pause_ms / 1000)


if __name__ == "__main__":
    typer.run(main)
