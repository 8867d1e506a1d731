"""A language model behind an OpenAI-compatible endpoint: one request a call, bounded in time and size."""

import json
import re
import socket
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from corpus.article import why_unstorable
from service.core.cancellation import NEVER, Cancellation
from service.core.errors import GeneratorFailed, GeneratorRefused
from service.core.generator import Message

MAX_REPLY_BYTES = 1024 * 1024
_MAX_PORT = 65_535
_KEY = re.compile("[!-~]+")
_MOST_CALLS = 8
"""At once. Each holds up a thread of the service, which has other things to do while a model thinks."""
# a proxy cannot reach this machine's own loopback, whatever HTTP_PROXY says
_NO_PROXY = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}


class ChatEndpoint:
    """Writes with a model that an OpenAI-compatible endpoint serves. Safe to use from several threads.

    A call is one request that is never repeated, and takes `timeout_seconds` at most, whatever the endpoint or the
    network does. `base_url` is what stands before `/chat/completions`; `key`, if given, is sent as a bearer token and
    kept from errors, logs and repr. Raises GeneratorRefused for one of them that cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        key: str | None,
        timeout_seconds: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url = _checked(base_url) + "/chat/completions"
        if key is not None and not _KEY.fullmatch(key):
            raise GeneratorRefused("key", "it must be visible ASCII characters without blanks")
        try:
            model.encode()
        except UnicodeEncodeError as error:
            raise GeneratorRefused("model", "it is not text") from error
        self._model = model
        self._calls = threading.BoundedSemaphore(_MOST_CALLS)
        self._seconds = timeout_seconds
        try:
            self._client = httpx.Client(
                # compressed, a small reply could grow without bound
                headers={"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {}),
                timeout=timeout_seconds,
                # a connection of its own for each call: it can be hung up on, and is never one that the endpoint closed
                # between two calls, which would fail the second as nothing is repeated
                limits=httpx.Limits(max_keepalive_connections=0),
                # proxies and SSL_CERT_FILE as everywhere else; httpx 0.28 reads ~/.netrc only when told to
                trust_env=True,
                mounts=_NO_PROXY,
                # one user's request must not carry what an endpoint said of another's
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                transport=transport,
            )
        except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
            # a SOCKS proxy without the package for it, an unknown kind of proxy, no certificate file of that name
            reason = f"a proxy or certificate that the environment names cannot be used ({error})"
            raise GeneratorRefused("base_url", reason) from error

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model

    def complete(self, messages: Sequence[Message], *, most_tokens: int, cancellation: Cancellation = NEVER) -> str:
        """What the model writes, also if `most_tokens` cut it off. Raises GeneratorFailed, for too many calls too."""
        if not self._calls.acquire(blocking=False):
            raise GeneratorFailed(f"it is answering {_MOST_CALLS} other questions")
        try:
            return self._complete(messages, most_tokens=most_tokens, cancellation=cancellation)
        finally:
            self._calls.release()

    def _complete(self, messages: Sequence[Message], *, most_tokens: int, cancellation: Cancellation) -> str:
        request = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "temperature": 0,
            "max_tokens": most_tokens,
            "stream": False,
        }
        line = _Line()
        reply: Future[bytes] = Future()

        def post() -> None:
            try:
                reply.set_result(self._post(request, line))
            except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
                reply.set_exception(error)

        # httpx bounds each read and each connect, not their number, and does not bound name resolution at all: one
        # byte a second would go on for days. So the call has a thread, and the caller stops waiting and hangs up.
        # It is a daemon, as name resolution cannot be interrupted and must not keep the process from ending.
        threading.Thread(target=post, name="generator", daemon=True).start()
        try:
            with cancellation.waking(line.hang_up):
                return _text_of(reply.result(self._seconds))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise GeneratorFailed(f"it did not answer within {self._seconds:g} s") from error
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise GeneratorFailed("it cannot be reached") from error
        except httpx.HTTPError as error:
            raise GeneratorFailed("the connection to it broke") from error
        finally:
            line.hang_up()

    def close(self) -> None:
        """Lets go of its connections; nothing can be asked afterwards."""
        self._client.close()

    def _post(self, request: Mapping[str, object], line: "_Line") -> bytes:
        body = bytearray()
        with self._client.stream("POST", self._url, json=request, extensions={"trace": line.trace}) as response:
            if response.status_code != HTTPStatus.OK:
                raise GeneratorFailed(f"it answered with status {response.status_code}")
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    raise GeneratorFailed("its reply is too large")
        return bytes(body)


class _Line:
    """The connection of one call, which another thread can hang up on, even before it is made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by httpx of each step; TLS wraps the socket in a new one."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                self._shut_down_if_over()

    def hang_up(self) -> None:
        """Ends what the connection waits for, at once."""
        with self._lock:
            self._over = True
            self._shut_down_if_over()

    def _shut_down_if_over(self) -> None:
        if self._over and self._socket:
            with suppress(OSError):  # it may have ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)


def _checked(base_url: str) -> str:
    """The address without a trailing slash. Errors do not repeat it: what is wrong may be a password in it."""
    if "@" in base_url:
        raise GeneratorRefused("base_url", "it must not hold credentials or any other '@', as addresses are logged")
    try:
        url = httpx.URL(base_url)
        url.raw_host.decode("ascii").encode("idna")  # as connecting will, where it would be no httpx error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise GeneratorRefused("base_url", f"it is not an address ({error})") from error
    if url.scheme not in {"http", "https"} or not url.host or (url.port or 0) > _MAX_PORT:
        raise GeneratorRefused("base_url", "it must be http:// or https:// with a host and at most a port and a path")
    if "?" in base_url or "#" in base_url:
        raise GeneratorRefused("base_url", "it must have no query and no fragment")
    return base_url.rstrip("/")


def _text_of(body: bytes) -> str:
    """The text of a chat completion. Raises GeneratorFailed."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GeneratorFailed("its reply is not JSON") from error
    match reply:
        case {"choices": [{"finish_reason": "content_filter"}, *_]}:
            raise GeneratorFailed("a content filter withheld its answer")
        case {"choices": [{"message": {"refusal": refusal}}, *_]} if refusal:
            raise GeneratorFailed("it refused")
        case {"choices": [{"message": {"content": str(text)}}, *_]}:
            if not text.strip():
                raise GeneratorFailed("its answer is empty")
            if why_unstorable(text) is not None:
                raise GeneratorFailed("its answer is not text")
            return text
        case {"choices": [{"message": dict()}, *_]}:
            raise GeneratorFailed("its reply holds no text")
        case _:
            raise GeneratorFailed("its reply is not the expected JSON")
