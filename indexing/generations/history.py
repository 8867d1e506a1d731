"""Whether a generation is of the library as it is now, and what its next one begins with."""

from corpus.library.snapshot import Snapshot
from indexing.generations.manifest import Manifest


def goes_on_in(manifest: Manifest, snapshot: Snapshot) -> bool:
    """Whether a generation can be added to: if it is of this library and history, its encoder and limits."""
    return (
        manifest.library_id == snapshot.library_id
        and manifest.identity == snapshot.identity
        and manifest.commit_token == snapshot.token_of(manifest.commit)
    )


def manifest_of(snapshot: Snapshot, *, number: int) -> Manifest:
    """The manifest of a generation of everything that the snapshot sees, without its parts."""
    return Manifest(
        number=number,
        library_id=snapshot.library_id,
        commit=snapshot.commit,
        commit_token=snapshot.token,
        last_passage_id=snapshot.last_passage_id(),
        identity=snapshot.identity,
        parts=(),
        files={},
    )
