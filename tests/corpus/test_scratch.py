"""The database of a run: what may come of it however the run ends."""

from corpus.scratch import Scratch


def test_rows_that_nobody_reads_to_their_end_are_given_up_after_the_database_was_closed() -> None:
    scratch = Scratch("CREATE TABLE numbers (number INTEGER);")
    for number in range(3):
        scratch.change("INSERT INTO numbers VALUES (?)", number)
    rows = scratch.rows("SELECT number FROM numbers ORDER BY number")
    assert next(rows) == (0,)
    scratch.close()
    rows.close()  # type: ignore[attr-defined]
