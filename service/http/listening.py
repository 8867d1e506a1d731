"""A server that shares its listening socket with other processes, and takes connections one at a time."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn

_PAUSE_SECONDS = 1.0


class SharingServer(uvicorn.Server):
    """Takes one connection whenever it has nothing else to do, so that idle processes take more than busy ones.

    An event loop's own server takes all that wait at once, which leaves the other processes none.
    """

    def __init__(self, config: uvicorn.Config, *, listener: socket.socket, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._listener = listener
        self._on_start = on_start
        self._connecting = set[asyncio.Task[object]]()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the application, then takes connections."""
        await super().startup(sockets=sockets or [])
        self._listener.settimeout(0)
        self._resume()
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes the connections that wait, then no more, and waits for what is being answered."""
        asyncio.get_running_loop().remove_reader(self._listener)
        # the kernel has told their clients that they are connected, and would reset them all
        while self._take():
            pass
        self._listener.close()
        while self._connecting:
            await asyncio.wait(self._connecting)
        await super().shutdown(sockets=sockets)

    def _resume(self) -> None:
        if not self.should_exit:
            asyncio.get_running_loop().add_reader(self._listener, self._take)

    def _take(self) -> bool:
        """Takes one connection; False where none waits, or none can be taken."""
        loop = asyncio.get_running_loop()
        try:
            taken, _ = self._listener.accept()
        except ConnectionAbortedError:
            return True  # its client is gone
        except (BlockingIOError, InterruptedError):
            return False  # another process was faster
        except OSError:
            # no more files can be opened now, and the connection would be offered again at once
            loop.remove_reader(self._listener)
            loop.call_later(_PAUSE_SECONDS, self._resume)
            return False
        taken.settimeout(0)
        task = loop.create_task(loop.connect_accepted_socket(self._protocol, taken))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        return True

    def _protocol(self) -> asyncio.Protocol:
        # as uvicorn's own startup makes it; the type of the class does not tell its parameters
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
