"""Articles split and encoded by a cluster, some batches ahead of the one that is stored."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future

from corpus.article import Article
from indexing.ahead import Pending, in_order
from indexing.preparing import Prepared, Wanted, batches
from indexing.spread.cluster import Cluster
from indexing.spread.wire import Encoding, preparing_order, to_prepared

_AHEAD = 2
"""Batches for each worker: one that it has, and one that it takes up when it is done, whatever this process does."""
_TOKEN_LENGTH = 4
"""Code points that a token of English has at least, on average."""


class SpreadPreparer:
    """Makes articles ready on the workers of a cluster, which build their encoder as `encoding` says."""

    def __init__(self, cluster: Cluster, *, encoding: Encoding) -> None:
        self._cluster = cluster
        self._encoding = encoding
        self._passage_length = _TOKEN_LENGTH * encoding.identity.max_tokens

    def ahead(self, articles: Iterable[Wanted]) -> Iterator[list[Prepared | None]]:
        """As Preparing says: two batches for each worker are held, and one more. Raises ClusterFailed."""
        most = _AHEAD * self._cluster.workers
        for batch, answer in in_order(self._batches(articles), self._begun, most=most):
            ready = iter(to_prepared(answer) if answer else ())
            yield [next(ready) if wanted else None for _, wanted in batch]

    def _batches(self, articles: Iterable[Wanted]) -> Iterator[list[Wanted]]:
        """Of about as many passages as a commit has; those before an error come before it."""
        return batches(
            (
                (article, wanted),
                1 + len(article.text) // self._passage_length if wanted else 0,
                len(article.text),
            )
            for article, wanted in articles
        )

    def _begun(self, batch: Sequence[Wanted]) -> Pending[bytes]:
        articles: list[Article] = [article for article, wanted in batch if wanted]
        return self._cluster.begin(preparing_order(self._encoding, articles)) if articles else nothing()


def nothing() -> Pending[bytes]:
    """An empty answer that is there, to no order."""
    future = Future[bytes]()
    future.set_result(b"")
    return future
