"""`byline serve`: the HTTP service and the page."""

import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from service.addresses import is_loopback
from service.cli.context import ERR, OUT, parts_of
from service.cli.questions import print_reply
from service.cli.shown import printable
from service.compose import Parts
from service.keys.exposure import why_not_exposed
from service.keys.rates import Rates
from service.keys.store import list_keys
from service.logs import configure
from service.schemas.requests import PASSAGES
from service.settings import SettingsError


def serve(
    context: typer.Context,
    *,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on.", show_default="BYLINE_HOST")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="Port to listen on; 0 takes a free one.", show_default="BYLINE_PORT"
        ),
    ] = None,
    example: Annotated[
        str | None, typer.Option("--ask", metavar="QUESTION", help="Print the answer to a question at the start.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, metavar="N", help="Processes that serve.", show_default="BYLINE_WORKERS"),
    ] = None,
    keyless: Annotated[
        bool, typer.Option("--open", help="Listen where others reach it though no API key was made.")
    ] = False,
) -> None:
    """Serve the API and the page until interrupted."""
    with parts_of(context, in_other_process=True) as parts:
        address = host or parts.settings.host
        keyless = keyless or parts.settings.open
        # a damaged file of keys opens nothing, here neither
        list_keys(parts.settings.home)
        if not is_loopback(address):
            check_keys(parts.settings.home, address, keyless=keyless)
        listener = _listen(address, parts.settings.port if port is None else port)
        if example:
            parts.ingester  # noqa: B018 - makes the library if there is none
            OUT.print(f"\n{printable(example)}", style="italic", markup=False)
            print_reply(parts.engine.ask(example, k=PASSAGES))
        if (workers or parts.settings.workers) == 1:
            from service.http.serving import run  # noqa: PLC0415 - only this command needs it, for a third of a second

            run(parts, host=address, listener=listener, on_start=lambda: _announce(parts, listener), keyless=keyless)
        else:
            _several(workers or parts.settings.workers, parts, address, listener, keyless=keyless)


def check_keys(home: Path, address: str, *, keyless: bool) -> None:
    """Raises SettingsError where nobody could come in, or anybody without having been told to."""
    made = list_keys(home)
    reason = why_not_exposed(made, address, keyless=keyless)
    if reason is not None:
        raise SettingsError(f"BYLINE_HOST: {reason}")
    if not made:
        ERR.print(f"warning: whoever reaches {address} can read and change all articles", style="yellow")


def _several(count: int, parts: Parts, address: str, listener: socket.socket, *, keyless: bool) -> None:
    from service.http.workers import Workers, worker_command  # noqa: PLC0415 - as above
    from service.metrics import FOLDER_VARIABLE, forget_process  # noqa: PLC0415 - as above

    configure(parts.settings.log_format, questions=parts.settings.log_questions)
    rates = Rates()
    command = worker_command(
        parts.settings.home, host=address, processes=count, rates=rates.descriptor, keyless=keyless
    )
    with TemporaryDirectory(prefix="byline-metrics-") as shared:
        # this process only watches
        workers = Workers(
            count,
            command=command,
            listener=listener,
            inherited=(rates.descriptor,),
            environment={FOLDER_VARIABLE: shared},
            on_ended=lambda pid: forget_process(pid, Path(shared)),
        )
        status = workers.run(on_ready=lambda: _announce(parts, listener))
    if status:
        raise typer.Exit(status)


def _announce(parts: Parts, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    where = str(parts.settings.home.absolute())
    if parts.database.address is not None:
        where = f"{parts.database.name}, its indexes are in {where}"
    OUT.print(f"\nThe library is in {where}", style="dim", markup=False)
    with parts.library.snapshot() as snapshot:
        passages = snapshot.counts().passages
    OUT.print(f"Byline is ready: {address}  ({passages} passages; end with Ctrl-C)\n", markup=False)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a port in use is told of before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        said = f"error: cannot listen on {host}:{port}: {error.strerror or error}; --port or BYLINE_PORT names another"
        ERR.print(said, style="red", markup=False)
        raise typer.Exit(1) from error
    return listener
