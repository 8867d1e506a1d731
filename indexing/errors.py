"""Every error the indexing layer raises.

IndexingError
├── EncoderError
│   ├── EncoderNotFound   the configured model cannot be found or read
│   └── ExportRefused     the exported encoder disagrees with its reference or was changed after export
├── DeviceUnusable        torch does not know the configured device, or was not built for it
├── CacheUnusable         exported encoders cannot be kept where they are to be
├── RerankerError
│   ├── RerankerNotFound  the configured cross-encoder cannot be found, read or used
│   └── RerankerFailed    it gave no finite scores
├── PassageTooLong        a passage exceeds what the encoder reads; it is never shortened silently
├── ClusterFailed         the cluster that reads and encodes cannot be had, is gone, or does it otherwise than here
├── PublishingFailed      a process that was to publish a generation did not; the former one is in place
├── MilvusError           Milvus, which has the indexes, cannot be used
│   ├── MilvusUnavailable it does not answer; it is asked again, and writes go on
│   └── MilvusRefused     it answers with an error
├── CarriedFileBroken     a file that comes with Byline is damaged or gone
└── IndexBroken           an index generation is there but damaged; `byline rebuild` makes it anew
"""

from pathlib import Path


class IndexingError(Exception):
    """Base of all errors of this layer."""


class EncoderError(IndexingError):
    """The encoder cannot be had."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"encoder {name}: {reason}")


class EncoderNotFound(EncoderError):
    """The configured model cannot be found or read."""

    def __str__(self) -> str:
        return f"{super().__str__()}; set BYLINE_ENCODER to another"


class ExportRefused(EncoderError):
    """The exported encoder disagrees with its reference, or its files changed after the export."""


class DeviceUnusable(IndexingError):
    """The configured device is none that models can run on here."""

    def __init__(self, device: str, reason: str) -> None:
        self.device = device
        self.reason = reason
        super().__init__(f"BYLINE_DEVICE: nothing can run on {device} here: {reason}; set it to another, such as cpu")


class CacheUnusable(IndexingError):
    """Exported encoders cannot be kept in the configured folder."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"BYLINE_CACHE: nothing can be kept in {folder}: {reason}; set it to another folder")


class RerankerError(IndexingError):
    """The reranker is of no use."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"reranker {name}: {reason}")


class RerankerNotFound(RerankerError):
    """The configured cross-encoder cannot be found, read or used."""


class RerankerFailed(RerankerError):
    """The reranker gave no finite scores for a question."""


class PassageTooLong(IndexingError):
    """A text has more word pieces than the encoder reads."""

    def __init__(self, *, pieces: int, limit: int, text: str) -> None:
        self.pieces = pieces
        self.limit = limit
        self.text = text
        super().__init__(
            f"a text has {pieces:,} word pieces and the encoder reads {limit:,}; lower BYLINE_MAX_TOKENS and run "
            f"`byline rebuild --resplit`: {text[:30]!r}..."
        )


class ClusterFailed(IndexingError):
    """The cluster that reads and encodes is of no use. What was told of before is stored."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class PublishingFailed(IndexingError):
    """A process that was to flush or merge did not. The former generation is in place, and nothing is lost."""

    def __init__(self, home: Path, step: str, reason: str) -> None:
        self.home = home
        self.step = step
        self.reason = reason
        super().__init__(f"{home}: cannot {step} the indexes: {reason}")


class MilvusError(IndexingError):
    """Milvus, which has the indexes, is of no use now. The articles are in the library and are not affected."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"BYLINE_MILVUS: {self.said.format(place=place)}: {reason}; {self.then}")

    said = "Milvus at {place} cannot be used"
    then = "articles go on being stored, and questions are answered once it can"


class MilvusUnavailable(MilvusError):
    """It does not answer, or not in time."""

    said = "Milvus at {place} does not answer"
    then = "articles go on being stored, and questions are answered as soon as it does again"


class MilvusRefused(MilvusError):
    """It answers with an error."""

    said = "Milvus at {place} refused"


class CarriedFileBroken(IndexingError):
    """A file that comes with Byline is not what it was."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file}: {reason}; install Byline anew")


class IndexBroken(IndexingError):
    """An index generation is there but cannot be trusted. The articles are not in it and are not affected."""

    def __init__(self, place: Path | str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place}: {reason}; `byline rebuild` makes the indexes anew from the library")
