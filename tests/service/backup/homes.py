"""Homes to back up and restore: what is put into one, and what is found in it and in its backup."""

from pathlib import Path

from corpus.article import Article
from corpus.library.sqlite import schema
from indexing.ingest import Draft
from indexing.vectors.plan import BY_SIZE
from service.backup.manifest import MANIFEST
from service.backup.restoring import Restored, restore_backup
from tests.fakes import fake_parts

FILES = (schema.FILE_NAME, "feedback.sqlite3", MANIFEST)


def put(home: Path, *names: str) -> None:
    """Stores an article of each name, which stands in its text."""
    parts = fake_parts(home)
    try:
        drafts = [Draft(Article(name, f"The {name} reopened on Tuesday. Nobody was hurt.", name)) for name in names]
        list(parts.ingester.put_all(drafts))
    finally:
        parts.close()


def rebuild(home: Path) -> None:
    parts = fake_parts(home)
    try:
        parts.rebuild()
    finally:
        parts.close()


def ids(home: Path) -> list[str]:
    """Of the articles, each of which is found by its word, and by nothing else."""
    parts = fake_parts(home)
    try:
        with parts.library.snapshot() as snapshot:
            assert snapshot.damage() == []
            held = [summary.id for summary in snapshot.summaries()]
        for name in held:
            assert parts.engine.search(name, k=1)[0].passage.article_id == name
        found = {hit.passage.article_id for hit in parts.engine.search("reopened", k=100)}
        assert found == set(held)
    finally:
        parts.close()
    return held


def restored(folder: Path, home: Path, *, replace: bool = False) -> Restored:
    return restore_backup(folder, home, replace=replace, wait_seconds=5, plan=BY_SIZE)
