"""Checksums of rows: a bit that flips inside a value is no business of a database, and must not become an answer."""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from corpus.library.dialect import Connection, Dialect

PASSAGE_COLUMNS = 'p.passage_id, p.revision_id, p.start, p."end", p.retired_in, p.vector_checksum, p.pieces_checksum'
REVISION_COLUMNS = """r.article_id, r.sha256, r.title, r.publisher, r.published_at, r.published_at_inferred, r.author,
                      r.url, r.origin, r.skipped"""
"""All but the text, whose checksum is its revision's name."""
_ROWS = 1000


class RowDamaged(Exception):
    """A row is not what was written. Every database has it among its `errors`, as it is translated with them."""


def row_checksum(values: Sequence[str | int | None]) -> int:
    """CRC-32 of a row's values."""
    return zlib.crc32(json.dumps(values).encode())


def blob_checksum(passage_id: int, *blobs: bytes) -> int:
    """CRC-32 of what is stored for a passage, which another passage's is not taken for."""
    checksum = passage_id & 0xFFFFFFFF
    for blob in blobs:
        checksum = zlib.crc32(blob, checksum)
    return checksum


def seal(connection: Connection) -> None:
    """Gives every row the checksum of what it holds now, as a part of the caller's transaction."""
    articles = connection.execute("SELECT article_id, revision_id FROM articles").fetchall()
    connection.executemany(
        "UPDATE articles SET checksum = ? WHERE article_id = ?", ((row_checksum(row), row[0]) for row in articles)
    )
    for rows in _by_number(
        connection,
        f"""SELECT r.revision_id, {REVISION_COLUMNS} FROM revisions r
            WHERE r.revision_id > ? ORDER BY r.revision_id LIMIT {_ROWS}""",  # noqa: S608 - constants only
    ):
        connection.executemany(
            "UPDATE revisions SET checksum = ? WHERE revision_id = ?", [(row_checksum(row[1:]), row[0]) for row in rows]
        )
    for rows in _by_number(connection, _PASSAGES):
        sealed = []
        for *held, _, vector, places, codes in rows:
            held[5] = 0 if vector is None else blob_checksum(held[0], vector)
            held[6] = 0 if places is None else blob_checksum(held[0], places, codes)
            sealed.append((held[5], held[6], row_checksum(held), held[0]))
        connection.executemany(
            "UPDATE passages SET vector_checksum = ?, pieces_checksum = ?, checksum = ? WHERE passage_id = ?", sealed
        )


def damaged_rows(connection: Connection, dialect: Dialect) -> Iterator[str]:
    """What is not what was written; the texts of revisions are not looked at."""
    for article_id, revision_id, checksum in dialect.stream(connection, "SELECT * FROM articles", ()):
        if row_checksum((article_id, revision_id)) != checksum:
            yield f"the row of article {article_id} is damaged"
    query = f"SELECT {REVISION_COLUMNS}, r.checksum FROM revisions r"  # noqa: S608 - as above
    for *held, checksum in dialect.stream(connection, query, ()):
        if row_checksum(held) != checksum:
            yield f"the description of revision {held[1]} of {held[0]} is damaged"
    for rows in _by_number(connection, _PASSAGES):
        for *held, checksum, vector, places, codes in rows:
            number = held[0]
            if row_checksum(held) != checksum:
                yield f"the row of passage {number} is damaged"
            if vector is not None and blob_checksum(number, vector) != held[5]:
                yield f"the vector of passage {number} is damaged"
            if places is not None and blob_checksum(number, places, codes) != held[6]:
                yield f"the word pieces of passage {number} are damaged"


_PASSAGES = f"""SELECT {PASSAGE_COLUMNS}, p.checksum, v.vector, t.places, t.codes FROM passages p
                LEFT JOIN vectors v ON v.passage_id = p.passage_id LEFT JOIN pieces t ON t.passage_id = p.passage_id
                WHERE p.passage_id > ? ORDER BY p.passage_id LIMIT {_ROWS}"""  # noqa: S608 - as above


def _by_number(connection: Connection, query: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query in order of their first column, a few at a time."""
    last = -1
    while rows := connection.execute(query, (last,)).fetchall():
        yield rows
        last = rows[-1][0]
