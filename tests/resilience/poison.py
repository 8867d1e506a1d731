"""Files made to harm who reads them. All are made by code, and small on disk."""

import gzip
import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.corpus.made import archive, docx, http, paragraph, pdf, pdf_of, pdf_stream, record

TEXT = "The council approved the bridge on Monday after a debate that lasted until midnight, its speaker said."
HELD_BACK = "swordfish"
"""Stands in a file beside the poison, which nothing may read."""
_LINE = json.dumps({"id": "after", "text": TEXT})
_BODY = f"<article><p>{TEXT}</p><p>{TEXT} Again.</p></article>"
_PAGE = f"<html><head><title>Bridge</title></head><body>{_BODY}</body></html>"
_MANY = 100_000
_BOMB = 80 * 1024 * 1024
"""More than one document may have, and than a PDF library takes; compressed it is a thousandth."""


@dataclass(frozen=True, slots=True)
class Poison:
    """A file, and what is to become of it."""

    name: str
    """The file's name, which tells its format."""
    make: Callable[[Path], None]
    """Makes it at a path."""
    refused: str | None
    """A part of the reason for which it is not taken in, a regular expression; None if it is."""
    holds: str = ""
    """What stands in the text that is taken in."""


def of(content: bytes | str | Callable[[], bytes]) -> Callable[[Path], None]:
    """A file with this content, or with what a function makes."""

    def make(path: Path) -> None:
        made = content() if callable(content) else content
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    return make


def _laughs(body: str) -> str:
    """A document type in which ten entities of ten each stand for a billion words."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE {body} [<!ENTITY l0 "ha">{entities}]>'


def _outside(body: str, path: Path) -> str:
    secret = path.parent / "secret"
    secret.write_text(HELD_BACK)
    return f'<!DOCTYPE {body} [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y SYSTEM "http://192.0.2.1/">]>'


def _xhtml(declaration: str, words: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>{declaration}{_PAGE.replace("Again.", words)}'


def _zip_bomb() -> bytes:
    return archive({"word/document.xml": b"<a>" + b" " * _BOMB + b"</a>"})


def _nested() -> bytes:
    content = docx(paragraph(TEXT))
    for _ in range(20):
        content = archive({"word/document.xml": content})
    return content


def _overlapping() -> bytes:
    """An archive whose many names lead to one and the same content."""
    data = bytearray(archive({"word/document.xml": b"a" * 1_000_000}))
    end = data.rindex(b"PK\x05\x06")
    (size, start) = struct.unpack_from("<II", data, end + 12)
    entry = bytes(data[start : start + size])
    data[end:end] = entry * 1000
    struct.pack_into("<HHI", data, len(data) - 14, 1001, 1001, size * 1001)
    return bytes(data)


def _lying_zip(size: int) -> bytes:
    """An archive that says its part is so long."""
    data = bytearray(docx(*[paragraph(TEXT)] * 1000))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + place, size)
    return bytes(data)


def _gzip_bomb() -> bytes:
    return gzip.compress(b"<p>" + bytes(_BOMB), 9)


def _pdf_loop() -> bytes:
    """Two tables of places that each name the other as the former one."""
    good = pdf([TEXT])
    table = good.rindex(b"xref\n0", 0, good.rindex(b"startxref"))
    second = len(good)
    first = good.replace(b"/Root 1 0 R ", b"/Root 1 0 R /Prev %010d " % (second + len(b"/Prev 0000000000 ")))
    other = first[table : first.index(b"startxref")].split(b"trailer")[0]
    end = b"trailer\n<< /Size 99 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (table, len(first))
    return first + other + end


def _pdf_cycle() -> bytes:
    """Pages that are their own parents and children."""
    return pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2 /Kids [3 0 R 3 0 R] /Parent 3 0 R >>",
        b"<< /Type /Pages /Count 2 /Kids [2 0 R 2 0 R 3 0 R] /Parent 2 0 R >>",
    ])  # fmt: skip


def _pdf_of_content(content: bytes, filters: bytes) -> bytes:
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    return pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        pdf_stream(content, filters=filters),
        font,
    ])  # fmt: skip


def _pdf_bomb() -> bytes:
    content = bytes(_BOMB)
    return _pdf_of_content(zlib.compress(zlib.compress(content, 9), 9), b"/Filter [/FlateDecode /FlateDecode]")


def slow_pdf() -> bytes:
    """A page of five million pieces of text, which takes a minute and is a few kilobytes."""
    return _pdf_of_content(
        zlib.compress(b"BT /F1 12 Tf\n" + b"(a) Tj\n" * 5_000_000 + b"ET", 9), b"/Filter /FlateDecode"
    )


def _encrypted() -> bytes:
    key = b"/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%b> /U <%b> >> /ID [<61> <61>]"
    good = pdf([TEXT])
    return good.replace(b"/Root 1 0 R", b"/Root 1 0 R " + key % (b"41" * 32, b"42" * 32))


def _sparse_line(path: Path) -> None:
    """A line of a gigabyte, of which the disk holds two lines."""
    with path.open("wb") as file:
        file.write(b'{"id": "long", "text": "')
        file.seek(1024 * 1024 * 1024)
        file.write(b'"}\n' + _LINE.encode() + b"\n")


def _deep(before: str, inner: str, after: str) -> str:
    return before * _MANY + inner + after * _MANY


def _aliases() -> str:
    lists = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 30))
    return f"---\nl0: &l0 [ha]\n{lists}title: *l29\n---\n{TEXT}\n"


HIDDEN = "\u202egnp.exe\u2066 z\u200be\u2060r\ufeffo \U000e0041\x1b[31m"
"""Turns the direction, hides letters and colours the terminal."""

POISON: Mapping[str, Poison] = {
    "zip bomb": Poison("a.docx", of(_zip_bomb), "larger than"),
    "nested archives": Poison("a.docx", of(_nested), "not valid XML"),
    "overlapping archive": Poison("a.docx", of(_overlapping), "no archive|not valid XML"),
    "archive that says too little": Poison("a.docx", of(_lying_zip(10)), "no archive|not valid XML"),
    "archive that says too much": Poison("a.docx", of(_lying_zip(2**32 - 2)), None, TEXT),
    "Word laughs": Poison(
        "a.docx", of(docx(paragraph("").replace("<w:t>", "<w:t>&l9;"), declaration=_laughs("w"))), "document type"
    ),
    "Word outside": Poison(
        "a.docx",
        lambda path: of(docx(paragraph("").replace("<w:t>", "<w:t>&x;&y;"), declaration=_outside("w", path)))(path),
        "document type",
    ),
    "deep Word": Poison("a.docx", of(docx(_deep("<w:p>", paragraph(TEXT), "</w:p>"))), None, TEXT),
    "gzip bomb": Poison("a.html.gz", of(_gzip_bomb), "larger than|times its size"),
    "gzip of errors": Poison(
        "a.jsonl.gz", of(lambda: gzip.compress(b"1\n" * 30_000_000)), "1,000 articles of it in a row"
    ),
    "archive of pages that lies": Poison(
        "a.warc", of(record(http(_PAGE.encode()), length=10**12) + record(http(_PAGE.encode()))), "Content-Length"
    ),
    "archive of pages with a bomb": Poison(
        "a.warc.gz",
        of(lambda: gzip.compress(record(http(bytes(_BOMB)))) + gzip.compress(record(http(_PAGE.encode())))),
        "its gzip is damaged: it expands|larger than",
    ),
    "answer with a bomb": Poison(
        "a.warc",
        of(lambda: record(http(gzip.compress(bytes(_BOMB)), "Content-Encoding: gzip"))),
        "larger than",
    ),
    "laughing page": Poison("a.xhtml", of(_xhtml(_laughs("html"), "&l9;")), None, TEXT),
    "page with an outside": Poison(
        "a.xhtml", lambda path: of(_xhtml(_outside("html", path), "&x;&y;"))(path), None, TEXT
    ),
    "deep page": Poison("a.html", of(_deep("<div>", f"<p>{TEXT}</p>", "</div>")), "no main text"),
    "page of open brackets": Poison("a.html", of("<" * 3_000_000), "no main text"),
    "page with long attributes": Poison(
        "a.html", of(_PAGE.replace("<p>", f'<p class="{"a" * 1_000_000}" style="{"b:c;" * 250_000}">', 1)), None, TEXT
    ),
    "page of an unknown charset": Poison("a.html", of(f'<meta charset="punycode">{_PAGE}'), "is not read"),
    "page whose charset is no name": Poison("a.html", of(f'<meta charset="a.b-c:d_e">{_PAGE}'), "is not read"),
    "page of NULs": Poison("a.html", of(f"<p>{TEXT}</p>" + "\0" * 9), "binary"),
    "deep JSON": Poison("a.jsonl", of('{"id": "a", "text": ' + _deep("[", "", "]") + "}\n"), "too deeply"),
    "great numbers": Poison(
        "a.jsonl", of('{"id": "a", "text": "b", "x": ' + "9" * 1_000_000 + "}\n"), "a number of 1,000,000 digits"
    ),
    "greater numbers": Poison("a.jsonl", of('{"id": 1e999999999, "text": "b"}\n'), "must be text"),
    "no number": Poison("a.jsonl", of('{"id": NaN, "text": "b"}\n'), "NaN is not"),
    "line of a gigabyte": Poison("a.jsonl", _sparse_line, "longer than"),
    "lone surrogate": Poison("a.jsonl", of('{"id": "a", "text": "\\ud800"}\n'), "lone surrogate"),
    "NUL in JSON": Poison("a.jsonl", of('{"id": "a", "text": "\\u0000"}\n'), "NUL"),
    "id that climbs": Poison("a.jsonl", of('{"id": "../../etc/passwd", "text": "b"}\n'), "slash"),
    "id that steers": Poison("a.jsonl", of(json.dumps({"id": f"a{HIDDEN}", "text": "b"}) + "\n"), "does not show"),
    "endless id": Poison("a.jsonl", of(json.dumps({"id": "a" * 1_000_000, "text": "b"}) + "\n"), "at most 200"),
    "title that steers": Poison(
        "a.jsonl",
        of(json.dumps({"id": "steers", "text": TEXT + HIDDEN, "title": HIDDEN, "publisher": HIDDEN, "author": HIDDEN})),
        None,
        HIDDEN,
    ),
    "lists in one line": Poison(
        "a.jsonl", of(lambda: b'{"id": "a", "x": [' + b"[]," * 8_000_000 + b"[]]}\n"), "memory|it is missing"
    ),
    "endless title": Poison(
        "a.jsonl", of(json.dumps({"id": "endless", "text": TEXT, "title": "a b " * 500_000})), "at most 5,000"
    ),
    "pages that are their own": Poison("a.pdf", of(_pdf_cycle()), "cut off or damaged|no text"),
    "tables that are their own": Poison("a.pdf", of(_pdf_loop()), None, TEXT[:60]),
    "stream that expands": Poison("a.pdf", of(_pdf_bomb), "cut off or damaged|no text"),
    "encrypted": Poison("a.pdf", of(_encrypted()), "encrypted|cut off or damaged"),
    "cut off": Poison("a.pdf", of(pdf([TEXT] * 40)[:-900]), "cut off or damaged|no text"),
    "deep arrays": Poison("a.pdf", of(_pdf_of_content(b"[" * _MANY, b"")), "cut off or damaged|no text"),
    "word of 10 MB": Poison("a.txt", of(lambda: b"a" * 10_000_000), "a word of 10,000,000 characters"),
    "NULs": Poison("a.txt", of("Text\0" * 1000), "binary"),
    "endless aliases": Poison("a.md", of(_aliases()), "must be text, not a list"),
    "deep front matter": Poison("a.md", of(f"---\na: {'[' * 30_000}\n---\n{TEXT}"), "too deeply|not valid YAML"),
}


def special(folder: Path) -> list[Path]:
    """What a folder or a command may name that is no file with an end."""
    fifo, loop, device = folder / "pipe.txt", folder / "loop.txt", folder / "zero.html"
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    device.symlink_to("/dev/zero")
    return [fifo, loop, device]
