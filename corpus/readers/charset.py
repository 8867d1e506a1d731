"""Which encoding an HTML page is in, and its text.

In this order: a byte order mark; UTF-8, if the bytes beyond ASCII are valid UTF-8, because pages that declare an older
charset by mistake are common and other encodings hardly ever form valid UTF-8 by chance; the charset its server said it
is in, where that is known; the charset the page declares. Labels are read as browsers read them
(https://encoding.spec.whatwg.org/#names-and-labels). Nothing is guessed.
"""

import codecs
import re

from corpus.errors import UnreadableArticle
from corpus.readers.decode import decode_utf8
from corpus.readers.source import Source

_SEARCHED_BYTES = 4096
"""Browsers search 1,024; pages with many scripts in front declare later."""
_DECLARED = re.compile(rb"(?:charset|encoding)\s{0,8}=\s{0,8}[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
"""What browsers really use for a label: the vendor's superset."""
_READ = frozenset(
    {
        "utf-8",
        "gb18030",
        "big5hkscs",
        "cp949",
        "cp932",
        "euc_jp",
        "iso2022_jp",
        "koi8-r",
        "koi8-u",
        "mac-roman",
        "cp866",
    }
    | {f"cp{page}" for page in (874, *range(1250, 1259))}
    | {f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
)
"""Encodings of the web; Python knows others (punycode, unicode_escape) that no page is in."""


def decode_html(data: bytes, *, source: Source, charset: str | None = None) -> str:
    """The page as text without its byte order mark. UnreadableArticle if it does not decode without loss."""
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return _decode(data.removeprefix(bom), encoding, source)
    match = _DECLARED.search(data[:_SEARCHED_BYTES])
    label = charset or (match and match[1].decode("ascii"))
    if not label:
        return decode_utf8(data, source=source)
    if not data.isascii():
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass
    return _decode(data, _encoding(label, source), source)


def _encoding(label: str, source: Source) -> str:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):  # ValueError for a NUL in it
        name = label
    if name.startswith("utf-16"):
        return "utf-8"  # the declaration was readable as ASCII, so it cannot be true; browsers do the same
    name = _WIDER.get(name, name)
    if name not in _READ:
        raise UnreadableArticle(f"it declares the charset '{label}', which is not read", source=source.name)
    return name


def _decode(data: bytes, encoding: str, source: Source) -> str:
    if encoding == "utf-8":
        return decode_utf8(data, source=source)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableArticle(
            f"byte {error.start} (0x{data[error.start]:02x}) is not valid {encoding}, the charset it declares",
            source=source.name,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
