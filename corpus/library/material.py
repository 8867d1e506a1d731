"""What indexes are made from, and what became of it since: vectors, word pieces, and what left the search."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.errors import LibraryBroken
from corpus.library.records import PassageVectors, PieceCodes
from corpus.library.rows.batches import batches, marks
from corpus.library.rows.bounds import LAST_ID, at_most
from corpus.library.rows.checksums import blob_checksum
from corpus.library.rows.values import PASSAGE, passage_of
from corpus.library.state import State

_RESPLIT = "run `byline rebuild --resplit`"


class Material(State):
    """What is read of searchable passages."""

    def searchable_count(self, *, until: int) -> int:
        """How many passages are searchable whose ids are at most `until`. Looks at each row."""
        count: int = self._db.execute(
            "SELECT count(*) FROM passages WHERE passage_id <= ? AND retired_in IS NULL", (until,)
        ).fetchone()[0]
        return count

    def searchable(self, *, after: int, until: int) -> NDArray[np.int64]:
        """Ids, ascending, of the searchable passages whose ids are above `after` and at most `until`."""
        rows = self._dialect.stream(
            self._db,
            """SELECT passage_id FROM passages WHERE passage_id > ? AND passage_id <= ? AND retired_in IS NULL
               ORDER BY passage_id""",
            (after, until),
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def vectors_after(self, passage_id: int, *, until: int = LAST_ID, limit: int = -1) -> PassageVectors:
        """Searchable passages with a higher id, `until` at most, with the library's own encoder's vectors.

        `limit` bounds their number (-1: all).

        Raises LibraryBroken when a searchable passage has no vector of the right size.
        """
        identity = self.identity
        ids, blobs, titles, texts = [], [], [], []
        last = None
        for row in self._dialect.stream(
            self._db,
            f"""SELECT {PASSAGE}, v.vector FROM passages p JOIN revisions r USING (revision_id)
                LEFT JOIN vectors v ON v.passage_id = p.passage_id AND v.encoder = ?
                WHERE p.passage_id > ? AND p.passage_id <= ? AND p.retired_in IS NULL
                ORDER BY p.passage_id LIMIT ?""",  # noqa: S608 - fixed fragments only
            (identity.encoder_sha256, passage_id, until, at_most(limit)),
        ):
            passage, vector = passage_of(row), row[-1]
            if vector is None or len(vector) != 2 * identity.dim:
                raise LibraryBroken(
                    self.home, f"passage {row[0]} has no vector of {identity.dim} dimensions; {_RESPLIT}"
                )
            if blob_checksum(row[0], vector) != row[5]:
                raise LibraryBroken(self.home, f"the vector of passage {row[0]} is damaged; {_RESPLIT}")
            # passages of one revision follow each other
            if row[1] != last:
                last = row[1]
                self._check_texts({last: passage.revision})
            ids.append(row[0])
            blobs.append(vector)
            titles.append(passage.title)
            texts.append(passage.text)
        vectors = np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), identity.dim)
        return PassageVectors(np.array(ids, np.int64), vectors, titles, texts)

    def pieces(self, ids: Sequence[int]) -> dict[int, PieceCodes]:
        """The word pieces of these searchable passages. Raises LibraryBroken for one that has none."""
        found: dict[int, PieceCodes] = {}
        for some in batches(ids):
            rows = self._db.execute(
                f"""SELECT t.passage_id, t.codes, t.places, p.pieces_checksum
                    FROM pieces t JOIN passages p USING (passage_id) WHERE t.passage_id IN ({marks(some)})""",  # noqa: S608 - question marks only
                some,
            )
            for number, codes, places, checksum in rows:
                if blob_checksum(number, places, codes) != checksum:
                    raise LibraryBroken(self.home, f"the word pieces of passage {number} are damaged; {_RESPLIT}")
                found[number] = PieceCodes(codes, places)
        width = {len(one.codes) * 2 / len(one.places) for one in found.values() if one.places}
        if len(width) > 1 or any(bool(one.codes) != bool(one.places) for one in found.values()):
            raise LibraryBroken(self.home, f"word pieces are damaged; {_RESPLIT}")
        if lacking := [number for number in ids if number not in found]:
            raise LibraryBroken(self.home, f"passage {lacking[0]} has no word pieces; {_RESPLIT}")
        return found

    def without_pieces(self) -> list[int]:
        """Ids of searchable passages that have no word pieces."""
        rows = self._db.execute(
            """SELECT p.passage_id FROM passages p LEFT JOIN pieces t USING (passage_id)
               WHERE p.retired_in IS NULL AND t.passage_id IS NULL ORDER BY 1"""
        )
        return [row[0] for row in rows]

    def without_vector(self) -> list[int]:
        """Ids of searchable passages that have no vector of the library's own encoder, or one of the wrong size."""
        identity = self.identity
        rows = self._db.execute(
            f"""SELECT p.passage_id FROM passages p
                LEFT JOIN vectors v ON v.passage_id = p.passage_id AND v.encoder = ?
                WHERE p.retired_in IS NULL AND length(v.vector) {self._dialect.differs} ? ORDER BY 1""",  # noqa: S608 - as above
            (identity.encoder_sha256, 2 * identity.dim),
        )
        return [row[0] for row in rows]

    def retired_after(self, commit: int, *, after: int = 0, until: int = LAST_ID) -> NDArray[np.int64]:
        """Ids, ascending, of the passages that commits later than this one took out of search.

        Only of those whose ids are above `after` and at most `until`.
        """
        rows = self._db.execute(
            # the plus signs keep the database from walking through the ids, which are many, instead of the retired ones
            """SELECT passage_id FROM passages WHERE retired_in > ? AND +passage_id > ? AND +passage_id <= ?
               ORDER BY passage_id""",
            (commit, after, until),
        )
        return np.fromiter((row[0] for row in rows), np.int64)
