"""Taking articles in by a Ray cluster, which reads, splits and encodes."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from indexing.ingest import Ingester
from indexing.spread.cluster import RayCluster
from indexing.spread.preparing import SpreadPreparer
from indexing.spread.reading import SpreadReading
from indexing.spread.wire import Encoding
from service import opening
from service.compose import Parts


@contextmanager
def spread(parts: Parts, address: str | None) -> Iterator[tuple[Ingester, SpreadReading]]:
    """The ingester and a Reading of a Ray cluster at this address, or of one on this machine while the block lasts.

    Raises SettingsError for settings that it cannot follow, or where Ray is not installed; ClusterFailed.
    """
    settings = parts.settings
    opening.check_cluster(settings)
    encoding = Encoding(
        settings.encoder,
        settings.encoder_backend,
        settings.encoder_precision,
        str(settings.cache.absolute()),
        parts.identity,
    )
    # a library of another encoder is refused before a cluster is started
    parts.ingester  # noqa: B018
    with closing(RayCluster(address, processes=settings.threads)) as cluster:
        preparing = SpreadPreparer(cluster, encoding=encoding)
        yield parts.ingester_with(preparing), SpreadReading(cluster, here=parts.reading)
