"""All that a request passes before it reaches the routes, in its order."""

from starlette.types import ASGIApp

from service.addresses import is_loopback
from service.http import dify
from service.http.access import AccessCheck
from service.http.admission import Admission
from service.http.door import Door
from service.http.hosts import LocalHostOnly
from service.http.limits import BodyLimit
from service.http.openai import errors as openai_errors
from service.http.queries import ReadableQuery
from service.http.translating import TranslatedProblems, Translation
from service.keys.limit import Limit
from service.keys.rates import Rates
from service.keys.ring import KeyRing
from service.settings import Settings


class Front:
    """What stands in front of the routes of a service that listens on `host`, and what that holds open.

    Its processes share `rates`. Off the loopback address every request needs a key, unless `keyless` or BYLINE_OPEN
    lets all in until the first key is made.

    Raises KeysBroken or KeysUnavailable, so that damaged keys stop the start.
    """

    def __init__(self, settings: Settings, *, host: str, rates: Rates | None = None, keyless: bool = False) -> None:
        self._settings = settings
        self._local = is_loopback(host)
        self._keyless = keyless or settings.open or self._local
        self._ring = KeyRing(settings.home)
        self._ring.locked  # noqa: B018 - reads the keys
        self._rates = Rates() if rates is None else rates

    def of(self, routes: ASGIApp, *, questions: Admission, writes: Admission, checks: Admission) -> ASGIApp:
        """The whole around the routes and their queues: what comes first stands last here."""
        app: ASGIApp = AccessCheck(
            ReadableQuery(Door(BodyLimit(routes), questions=questions, writes=writes, checks=checks)),
            ring=self._ring,
            rates=self._rates,
            default=Limit.of_rate(self._settings.key_rate),
            keyless=self._keyless,
        )
        if self._local:
            app = LocalHostOnly(app)
        return _for_other_origins(TranslatedProblems(app, _translation_of), self._settings.cors_origins)

    def close(self) -> None:
        """To be called when the last request is answered."""
        self._ring.close()
        self._rates.close()


def _translation_of(path: str) -> Translation | None:
    if openai_errors.is_openai(path):
        return openai_errors.translated
    return dify.translated if path == dify.PATH else None


def _for_other_origins(app: ASGIApp, origins: tuple[str, ...] | None) -> ASGIApp:
    """Outermost, so that a page can read refusals too, and needs no key to ask whether it may call."""
    if origins is None:
        return app
    # most services do without
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415

    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST", "PUT", "DELETE"),
        # keys are sent by the page's own code, never by the browser of itself, so no header is a danger
        allow_headers=("*",),
        expose_headers=("Retry-After", "WWW-Authenticate", "X-Request-ID"),
    )
