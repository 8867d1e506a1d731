"""Milvus for tests: Lite, which speaks Milvus's protocol, as a process of its own that can be ended, held up or refuse.

`python -m tests.milvus FOLDER PORT` is that process. It says its port when it takes calls. While there is a file
`read-only` in the folder it refuses to be written to, as a Milvus without room does; while there is a file `loading` it
comes to no end of loading what it had let go of when it was started. Which consistency level each call asks for it
writes into a file `asked`.
"""

import signal
import subprocess
import sys
import threading
from concurrent import futures
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpus.own_process import module_command, module_environment
from indexing.milvus.address import Address

READ_ONLY, LOADING = "read-only", "loading"
_ASKED = "asked"
_FORCE_DENY = 9


class MilvusProcess:
    """One engine on 127.0.0.1; it keeps its port and its data when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def address(self, **changes: Any) -> Address:  # noqa: ANN401 - fields of an Address
        return Address(self.uri, **{"timeout_seconds": 20.0, **changes})

    def start(self) -> None:
        command = module_command("tests.milvus", str(self.folder), str(self._port))
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=module_environment())
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said.strip().isdecimal(), said
        self._port = int(said)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def hold_up(self) -> None:
        """It answers nothing until it may go on."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def refuse_writes(self, *, refuse: bool) -> None:
        if refuse:
            (self.folder / READ_ONLY).touch()
        else:
            (self.folder / READ_ONLY).unlink()

    def asked(self) -> list[str]:
        """The calls that read since this was last called, each with its consistency level: `Query Strong`."""
        file = self.folder / _ASKED
        found = file.read_text().split("\n")[:-1] if file.exists() else []
        file.write_text("")
        return found

    def begin_loading(self) -> None:
        """It is started anew and has not loaded its collections until `end_loading`."""
        self.kill()
        (self.folder / LOADING).touch()
        self.start()

    def end_loading(self) -> None:
        (self.folder / LOADING).unlink()

    def restore(self) -> None:
        """It takes calls and rows again."""
        if self._process is None:
            self.start()
        self.go_on()
        for state in (READ_ONLY, LOADING):
            (self.folder / state).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


def main() -> None:
    import grpc  # noqa: PLC0415 - the process's own
    from milvus_lite.adapter.grpc.servicer import MilvusServicer  # noqa: PLC0415
    from milvus_lite.db import MilvusLite  # noqa: PLC0415
    from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc  # noqa: PLC0415

    folder, port = Path(sys.argv[1]), int(sys.argv[2])

    class Servicer(MilvusServicer):  # type: ignore[misc] # the library has no types
        def _refused(self) -> Any:  # noqa: ANN401 - as above
            status = common_pb2.Status(code=_FORCE_DENY, reason="deny to write, reason: disk quota exhausted")
            return milvus_pb2.MutationResult(status=status)

        def Upsert(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - the protocol's name
            return self._refused() if (folder / READ_ONLY).exists() else super().Upsert(request, context)

        def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - the protocol's name
            return self._refused() if (folder / READ_ONLY).exists() else super().Delete(request, context)

        def _note(self, call: str, request: Any) -> None:  # noqa: ANN401 - as above
            with (folder / _ASKED).open("a") as asked:
                asked.write(f"{call} {common_pb2.ConsistencyLevel.Name(request.consistency_level)}\n")

        def Query(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - the protocol's name
            self._note("Query", request)
            return super().Query(request, context)

        def Search(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - the protocol's name
            self._note("Search", request)
            return super().Search(request, context)

        def LoadCollection(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - the protocol's name
            return common_pb2.Status() if (folder / LOADING).exists() else super().LoadCollection(request, context)

        def GetLoadState(self, request: Any, context: Any) -> Any:  # noqa: N802, ANN401 - the protocol's name
            found = super().GetLoadState(request, context)
            if (folder / LOADING).exists():
                found.state = common_pb2.LoadState.LoadStateLoading
            return found

    server = grpc.server(futures.ThreadPoolExecutor(4))
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(Servicer(MilvusLite(str(folder / "data"))), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    sys.stdout.write(f"{bound}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
