"""From bytes to text: size limit, binary check, byte order mark, strict decoding, one kind of line end."""

import codecs
from typing import BinaryIO

from corpus.errors import UnreadableArticle
from corpus.readers.source import MAX_DOCUMENT_BYTES, Source

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
_CONTROL_SHARE = 0.1
"""Text holds stray control bytes; a tenth of all bytes is no text."""


def read_bytes(stream: BinaryIO, *, source: Source) -> bytes:
    """The whole stream, at most MAX_DOCUMENT_BYTES. UnreadableArticle if it is longer or empty."""
    data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise UnreadableArticle(
            f"it is larger than {MAX_DOCUMENT_BYTES} bytes, the most one document may have", source=source.name
        )
    if not data:
        raise UnreadableArticle("it is empty", source=source.name)
    return data


def read_text_file(stream: BinaryIO, *, source: Source) -> str:
    """The whole stream as text, line ends as LF. UnreadableArticle unless it is UTF-8 text with a word in it."""
    data = read_bytes(stream, source=source)
    if data.startswith(_UTF16):
        raise UnreadableArticle("it is UTF-16; save it as UTF-8", source=source.name)
    refuse_binary(data, source=source)
    text = with_plain_line_ends(decode_utf8(data.removeprefix(codecs.BOM_UTF8), source=source, offset=_bom(data)))
    if not text.strip():
        raise UnreadableArticle("it holds no text", source=source.name)
    return text


def _bom(data: bytes) -> int:
    return len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0


def refuse_binary(data: bytes, *, source: Source) -> None:
    """UnreadableArticle for NUL bytes or many control bytes."""
    nul = data.find(b"\x00")
    if nul >= 0:
        raise UnreadableArticle(f"it is a binary file (byte {nul} is NUL)", source=source.name)
    if len(data) - len(data.translate(None, _CONTROLS)) > _CONTROL_SHARE * len(data):
        raise UnreadableArticle("it is a binary file (mostly control bytes)", source=source.name)


def decode_utf8(data: bytes, *, source: Source, line: int = 1, offset: int = 0) -> str:
    """`data` as strict UTF-8. UnreadableArticle names the byte and the line; they count from `offset` and `line`."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        raise UnreadableArticle(
            f"byte {offset + error.start} (0x{data[error.start]:02x}) is not valid UTF-8",
            source=source.name,
            line=line + before.count(b"\n"),
        ) from error


def with_plain_line_ends(text: str) -> str:
    """`text` with CRLF and CR as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
