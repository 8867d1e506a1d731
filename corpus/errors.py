"""Every error the corpus layer raises.

CorpusError
├── UnreadableArticle      one article could not be read; names the source, the line and the field
├── ArticleNotFound        no such article, or no such revision of it
├── ReadersUnavailable     the process that reads files cannot be started
├── ScratchUnavailable     there is no room for temporary files
├── LibraryError
│   ├── LibraryMissing     there is no library in this folder, or this database
│   ├── LibraryBroken      there is one, but it is damaged, lacks what was acknowledged, or is not ours
│   ├── LibraryMismatch    it was made by another encoder, other limits or a newer Byline
│   ├── LibraryBusy        another process is writing, or reads what is to make way
│   └── LibraryUnavailable the disk is full, read-only or fails, or the database's server does
FieldError                 a value that no article can have; a ValueError, as pydantic's validators raise
"""

from pathlib import Path


class CorpusError(Exception):
    """Base of all errors of this layer."""


class UnreadableArticle(CorpusError):
    """One article could not be read. Readers yield it in the place of the article, so the rest of a batch goes in."""

    def __init__(self, reason: str, *, source: str, line: int | None = None, field: str | None = None) -> None:
        self.reason = reason
        self.source = source
        self.line = line
        self.field = field
        place = source if line is None else f"{source}, line {line}"
        super().__init__(f"{place}: {reason}" if field is None else f"{place}: field '{field}': {reason}")


class FieldError(ValueError):
    """A value that no article can have, with the field it stands in."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class ArticleNotFound(CorpusError):
    """No article with this id, or no such revision of it."""

    def __init__(self, article_id: str, revision: str | None = None) -> None:
        self.article_id = article_id
        self.revision = revision
        what = (
            f"no article '{article_id}'" if revision is None else f"article '{article_id}' has no revision {revision}"
        )
        super().__init__(what)


class ReadersUnavailable(CorpusError):
    """The process that reads files cannot be started."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the process that reads files cannot be started: {reason}")


class ScratchUnavailable(CorpusError):
    """There is no room for temporary files."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"temporary files cannot be written: {reason}; make room, or have TMPDIR name another folder")


class LibraryError(CorpusError):
    """Something about a library as a whole."""

    def __init__(self, home: Path, reason: str) -> None:
        self.home = home
        self.reason = reason
        super().__init__(f"{home}: {reason}")


class LibraryMissing(LibraryError):
    """There is no library in this folder, or in the database that was named."""

    def __init__(self, home: Path, database: str | None = None) -> None:
        where = "here" if database is None else f"in {database}"
        super().__init__(home, f"there is no library {where} yet; `byline add FILE...` makes one")


class LibraryBroken(LibraryError):
    """The library's database is damaged, or is not a Byline library."""


class LibraryMismatch(LibraryError):
    """The library was made with another encoder, other limits or a newer version."""


class LibraryBusy(LibraryError):
    """Another process holds the writer's lock, or reads what is to make way; `owner` says which."""

    def __init__(self, home: Path, owner: str, *, doing: str = "writing to") -> None:
        self.owner = owner
        super().__init__(home, f"another process is {doing} this library: {owner}; try again when it is done")


class LibraryUnavailable(LibraryError):
    """The disk is full, read-only or failing, or a database's server is: nothing of the attempted change was kept.

    Where the server was lost while it committed, it is not certain whether the change was kept; the message says so.
    """
