"""SQLite's SQL, where it differs."""

from collections.abc import Sequence

from corpus.library.dialect import Connection, Dialect, Row


def _damage(connection: Connection) -> list[str]:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    broken = [f"row {row[1]} of {row[0]} points nowhere" for row in connection.execute("PRAGMA foreign_key_check")]
    return broken if found == ["ok"] else found + broken


def _load(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - the library's own names


_INDEXES = {
    "revisions_published": ("revisions", "i.published_at IS t.published_at AND i.revision_id = t.revision_id"),
    "revisions_publisher": ("revisions", "i.publisher IS t.publisher AND i.revision_id = t.revision_id"),
    "sqlite_autoindex_revisions_1": (
        "revisions",
        "i.article_id = t.article_id AND i.sha256 = t.sha256 AND i.revision_id = t.revision_id",
    ),
    "passages_revision": ("passages", "i.revision_id = t.revision_id AND i.passage_id = t.passage_id"),
}
SQLITE = Dialect(
    differs="IS NOT",
    texts="(SELECT value FROM json_each(?))",
    numbers="(SELECT value FROM json_each(?))",
    last_passage_id="SELECT seq FROM sqlite_sequence WHERE name = 'passages'",
    size="SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    unsound=(
        *(
            (
                f"""SELECT 1 FROM {table} t NOT INDEXED
                    WHERE NOT EXISTS (SELECT 1 FROM {table} i INDEXED BY {name} WHERE {same}) LIMIT 1""",  # noqa: S608 - constants only
                f"the index {name} lacks a row",
            )
            for name, (table, same) in _INDEXES.items()
        ),
        (
            """SELECT revision_id FROM passages NOT INDEXED
               WHERE revision_id NOT IN (SELECT revision_id FROM revisions) LIMIT 1""",
            "revision number {} lost its text",
        ),
        (
            """SELECT revision_id FROM passages NOT INDEXED
               WHERE retired_in IS NULL AND revision_id NOT IN (SELECT revision_id FROM articles) LIMIT 1""",
            "revision number {} is searched and no article's",
        ),
    ),
    stream=lambda connection, query, values: connection.execute(query, values),
    load=_load,
    unhurried=(),
    settled=(),
    damage=_damage,
    # each connection says for itself what it syncs
    careless=lambda _: [],
)
"""The order of text is that of code points, and `substr` counts them."""
