"""Documents made by hand, byte by byte, so that tests can make broken ones too."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
_CORE = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
)


def pdf_of(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1, of which the first is the catalogue; `trailer` adds to the trailer."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, table)
    return bytes(out)


def pdf_stream(content: bytes, *, filters: bytes = b"") -> bytes:
    """A stream object; `filters` says how its content is compressed."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), filters, content)


def pdf(*pages: Sequence[str], info: Mapping[str, str] | None = None) -> bytes:
    """A PDF of pages of lines; `info` is what it says of itself."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = b"".join(b"(%b) Tj T*\n" % _pdf_text(line) for line in lines)
        objects.append(pdf_stream(b"BT /F1 12 Tf 14 TL 72 720 Td\n%bET" % shown))
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R " % len(objects)
        objects.append(page + b"/Resources << /Font << /F1 3 0 R >> >> >>")
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(kids), b" ".join(kids))
    trailer = b""
    if info:
        said = b" ".join(b"/%b (%b)" % (name.encode(), _pdf_text(value)) for name, value in info.items())
        objects.append(b"<< %b >>" % said)
        trailer = b"/Info %d 0 R" % len(objects)
    return pdf_of(objects, trailer=trailer)


def _pdf_text(text: str) -> bytes:
    plain = text.encode("cp1252")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def paragraph(text: str, *, style: str | None = None, run: str = "") -> str:
    """A paragraph of a Word document; `run` says what its words are like."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:rPr>{run}</w:rPr><w:t>{escape(text)}</w:t></w:r></w:p>"


def table(*rows: Sequence[str]) -> str:
    """A table of a Word document."""
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx(*body: str, title: str = "", creator: str = "", created: str = "", declaration: str = "") -> bytes:
    """A Word document of paragraphs and tables; `declaration` stands before its XML."""
    document = f"{declaration}<w:document {WORD} {_COMPATIBLE}><w:body>{''.join(body)}</w:body></w:document>"
    said = "".join(
        f"<{tag}>{escape(value)}</{tag}>"
        for tag, value in (("dc:title", title), ("dc:creator", creator), ("dcterms:created", created))
        if value
    )
    core = f"<cp:coreProperties {_CORE}>{said}</cp:coreProperties>"
    return archive({"word/document.xml": document.encode(), "docProps/core.xml": core.encode()})


def archive(parts: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def http(page: bytes, *headers: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    """What a server answered."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *headers]).encode() + b"\r\n\r\n" + page


def record(
    content: bytes,
    *,
    kind: str = "response",
    uri: str | None = "https://news.example/bridge",
    length: int | None = None,
) -> bytes:
    """A record of a web archive; `length` is what it says of its length if that is not the truth."""
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        *([f"WARC-Target-URI: {uri}"] if uri else []),
        f"WARC-Date: {datetime(2024, 5, 14).isoformat()}Z",  # noqa: DTZ001 - written as it is
        "WARC-Record-ID: <urn:uuid:92283950-ef2f-4d72-b224-f54c6ec90bb0>",
        f"Content-Type: application/http; msgtype={kind}",
        f"Content-Length: {len(content) if length is None else length}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content + b"\r\n\r\n"
