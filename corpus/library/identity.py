"""What the passages and vectors of a library depend on, and whether two such states agree."""

from dataclasses import dataclass
from pathlib import Path

from corpus.errors import LibraryMismatch


@dataclass(frozen=True, slots=True)
class Identity:
    """What a library's passages and vectors depend on; it is fixed when the library is made."""

    encoder_name: str
    encoder_sha256: str
    dim: int
    max_pieces: int
    """Word pieces the encoder reads of one passage, title prefix and special tokens included."""
    max_tokens: int
    """The bound of a passage in tiktoken `o200k_base` tokens."""
    overlap_tokens: int
    """At most this many tokens of whole sentences are repeated at the start of the next passage."""
    piece_codes: int = 0
    """How word pieces are encoded; 0 in a library of a Byline that kept none."""


def check_identity(home: Path, found: Identity, *, wanted: Identity) -> None:
    """Raises LibraryMismatch, naming the first difference, unless the two are the same."""
    if found.encoder_sha256 != wanted.encoder_sha256:
        raise LibraryMismatch(
            home,
            f"its vectors were made by the encoder {found.encoder_name} ({found.encoder_sha256[:12]}), "
            f"but {wanted.encoder_name} ({wanted.encoder_sha256[:12]}) is configured; set BYLINE_ENCODER to the first, "
            "or run `byline rebuild --resplit` to split and encode every article anew with the second",
        )
    if found.piece_codes != wanted.piece_codes:
        raise LibraryMismatch(
            home,
            "it was made by a Byline that stored word pieces otherwise; run `byline rebuild --resplit` to split and "
            "encode every article anew",
        )
    for name in ("dim", "max_pieces", "max_tokens", "overlap_tokens"):
        if getattr(found, name) != getattr(wanted, name):
            setting = f"BYLINE_{name.upper()}" if name.endswith("_tokens") else f"an encoder whose {name}"
            raise LibraryMismatch(
                home,
                f"it was made with {setting} = {getattr(found, name)}, but {getattr(wanted, name)} is configured; "
                "set it back, or run `byline rebuild --resplit` to split and encode every article anew",
            )
