"""What a worker of a cluster does: reads files, or splits and encodes articles. One order in, one answer out.

Nothing is kept from one order to the next but what is costly to open, and nothing is stored, so an order that was
lost with its worker is carried out again by another, with the same answer.
"""

import os
import socket
from functools import lru_cache
from pathlib import Path

from corpus.errors import CorpusError
from corpus.readers.process import ReaderProcess
from corpus.readers.wire import Progress
from indexing.encoders.choose import open_encoder
from indexing.errors import ClusterFailed, IndexingError
from indexing.ingest import identity_of
from indexing.preparing import Preparer
from indexing.spread.versions import differing, versions
from indexing.spread.wire import Encoding, FileOrder, FileRead, files_told, prepared_told, to_work, versions_in

FAILED = b"!"
"""An answer that begins so goes on with a reason in words; one of ours begins with an object."""
_THREADS = 1
"""Of each worker: there are as many workers as processors, and each text is encoded on one thread anyway."""


def carried_out(order: bytes) -> bytes:
    """The answer to an order of `wire`, or FAILED and why there is none."""
    try:
        difference = differing(versions_in(order), versions())
        if difference is not None:
            # the same files would be read, and the same articles made, into something else than where it was given
            raise ClusterFailed(f"{difference}; install the same everywhere")
        work = to_work(order)
        if isinstance(work, list):
            return files_told([_read(file) for file in work])
        encoding, articles = work
        return prepared_told(_preparer(encoding).prepared(articles))
    except (CorpusError, IndexingError, OSError) as error:
        return FAILED + f"process {os.getpid()} on {socket.gethostname()}: {error}".encode(errors="replace")


@lru_cache(maxsize=1)
def _preparer(encoding: Encoding) -> Preparer:
    """Raises ClusterFailed where its encoder is another."""
    encoder = open_encoder(
        encoding.encoder,
        backend=encoding.backend,
        precision=encoding.precision,
        cache=Path(encoding.cache),
        threads=_THREADS,
        device="cpu",
        on_export=lambda _: None,
    )
    wanted = encoding.identity
    found = identity_of(encoder, max_tokens=wanted.max_tokens, overlap_tokens=wanted.overlap_tokens)
    if found != wanted:
        raise ClusterFailed(
            f"its encoder {found.encoder_name} is {found.encoder_sha256[:12]} there and {wanted.encoder_sha256[:12]} "
            "here; BYLINE_ENCODER has to name the same model everywhere"
        )
    return Preparer(encoder=encoder, identity=wanted)


@lru_cache(maxsize=1)
def _reading() -> ReaderProcess:
    """Ends when the worker does, and when nothing comes for a minute."""
    return ReaderProcess()


def _read(file: FileOrder) -> FileRead:
    """Who asked reads itself what is not to be read here."""
    try:
        with Path(file.path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            items = _reading()(stream, format_name=file.order.format_name, source=file.order.source)
            return FileRead(size, tuple(Progress(read, item) for item, read in items))
    except OSError:
        return FileRead(None, ())
