"""Passages: by number, of an article, and those whose articles meet filters."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.library.conditions import COLUMNS, Attribute, Value, sql_of
from corpus.library.records import Filters, PassageRow
from corpus.library.rows.batches import batches, marks
from corpus.library.rows.bounds import could_be_stored
from corpus.library.rows.checksums import RowDamaged
from corpus.library.rows.values import PASSAGE, passage_of
from corpus.library.state import State


class Passages(State):
    """What is read of passages."""

    def passages(self, ids: Sequence[int]) -> dict[int, PassageRow]:
        """The passages with these ids, searchable or not; unknown ids are absent from the result."""
        found: dict[int, PassageRow] = {}
        texts: dict[int, str] = {}
        for some in batches(ids):
            rows = self._db.execute(
                f"""SELECT {PASSAGE} FROM passages p JOIN revisions r USING (revision_id)
                    WHERE p.passage_id IN ({marks(some)})""",  # noqa: S608 - question marks only
                some,
            )
            for row in rows:
                found[row[0]] = passage_of(row)
                texts[row[1]] = found[row[0]].revision
        self._check_texts(texts)
        return found

    def searchable_passages(self, ids: Sequence[int]) -> dict[int, PassageRow]:
        """The passages that an index found. Raises LibraryBroken if one is not there or not searchable."""
        found = self.passages(ids)
        for number in ids:
            if number not in found or not found[number].searchable:
                raise RowDamaged(f"passage {number} was found, and is not there")
        return found

    def passages_of(self, article_id: str) -> list[PassageRow]:
        """The searchable passages of an article's current revision, in order of the text."""
        rows = self._db.execute(
            f"""SELECT {PASSAGE} FROM passages p JOIN revisions r USING (revision_id)
                WHERE r.article_id = ? AND p.retired_in IS NULL
                ORDER BY p.start, p.passage_id""",  # noqa: S608 - fixed fragments only
            (article_id,),
        )
        found, texts = list[PassageRow](), dict[int, str]()
        for row in rows:
            found.append(passage_of(row))
            texts[row[1]] = found[-1].revision
        self._check_texts(texts)
        return found

    def passage_count(self, article_id: str) -> int:
        """Searchable passages of an article."""
        count: int = self._db.execute(
            """SELECT count(*) FROM passages p JOIN revisions r USING (revision_id)
               WHERE r.article_id = ? AND p.retired_in IS NULL""",
            (article_id,),
        ).fetchone()[0]
        return count

    def matching(self, filters: Filters, *, after: int = 0) -> NDArray[np.int64]:
        """Ids, ascending, of the searchable passages whose article meets all filters; those above `after` only."""
        self._verified.check_agreement(self._db, self._dialect)
        where, values = ["p.retired_in IS NULL"], list[Value]()
        for condition, value in (("r.published_at >= ?", filters.published_from),
                                 ("r.published_at <= ?", filters.published_to)):  # fmt: skip
            if value is not None:
                where.append(condition)
                values.append(value.isoformat())
        for column, wanted in (("r.publisher", filters.publishers), ("r.article_id", filters.article_ids)):
            if wanted:
                where.append(f"{column} IN {self._dialect.texts}")
                values.append(json.dumps(list(filter(could_be_stored, wanted))))
        if filters.condition is not None:
            condition, compared = sql_of(filters.condition, self._dialect)
            where.append(condition)
            values.extend(compared)
        joined = "JOIN revisions r USING (revision_id)"
        if after:
            # by which SQLite begins with the passages, which are few, and not with all that meets a filter
            joined = "CROSS JOIN revisions r"
            where += ["p.revision_id = r.revision_id", "p.passage_id > ?"]
            values.append(after)
        rows = self._dialect.stream(
            self._db,
            f"""SELECT p.passage_id FROM passages p {joined}
                WHERE {" AND ".join(where)} ORDER BY p.passage_id""",  # noqa: S608 - conditions from the lists above
            values,
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def searchable_among(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """Those of these passages that are searchable, in any order."""
        found = list[int]()
        for some in batches(ids):
            rows = self._db.execute(
                f"SELECT passage_id FROM passages WHERE passage_id IN ({marks(some)}) AND retired_in IS NULL",  # noqa: S608 - question marks only
                some,
            )
            found += (row[0] for row in rows)
        return np.array(found, np.int64)

    def attributes(self, ids: Sequence[int]) -> dict[int, dict[Attribute, Value | None]]:
        """What conditions on these passages are about; unknown ids are absent from the result."""
        self._verified.check_agreement(self._db, self._dialect)
        found: dict[int, dict[Attribute, Value | None]] = {}
        for some in batches(ids):
            rows = self._db.execute(
                f"""SELECT p.passage_id, {",".join(COLUMNS.values())}
                    FROM passages p JOIN revisions r USING (revision_id) WHERE p.passage_id IN ({marks(some)})""",  # noqa: S608 - fixed fragments and question marks only
                some,
            )
            found |= {row[0]: dict(zip(COLUMNS, row[1:], strict=True)) for row in rows}
        return found
