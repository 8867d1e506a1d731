"""What the text of a Word document is: built from its elements as a parser meets them, so that none is kept."""

from dataclasses import dataclass

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT, _PARAGRAPH, _RUN = _WORD + "t", _WORD + "p", _WORD + "r"
_ROW, _CELL, _STYLE, _HIDDEN = _WORD + "tr", _WORD + "tc", _WORD + "pStyle", _WORD + "vanish"
_WRITTEN = {_WORD + "tab": "\t", _WORD + "br": " ", _WORD + "cr": " ", _WORD + "noBreakHyphen": "-"}
_UNREAD = frozenset({"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback", _WORD + "tabs"})
"""What says a second time, for older programs, what stands beside it; where tabulators are set."""
_HEADINGS = ("title", "heading1")


@dataclass(frozen=True, slots=True)
class Written:
    """A document's text, a paragraph or a row of a table a line, and its first heading, if it has any."""

    text: str
    heading: str | None


class DocumentText:
    """The target of a parser. What is hidden or was deleted is no text; the cells of a row stand side by side."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._heading: str | None = None
        self._in_text = self._is_heading = self._hidden = False
        self._unread = self._rows = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag in _UNREAD:
            self._unread += 1
        elif self._unread:
            return
        elif tag == _TEXT:
            self._in_text = not self._hidden
        elif tag == _RUN:
            self._hidden = False
        elif tag == _HIDDEN:
            self._hidden = attributes.get(_WORD + "val", "1") not in {"0", "false", "off"}
        elif tag == _STYLE:
            self._is_heading = attributes.get(_WORD + "val", "").lower().replace(" ", "") in _HEADINGS
        elif tag == _ROW:
            self._rows += 1
        elif tag in _WRITTEN and not self._hidden:
            self._line.append(_WRITTEN[tag])

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in _UNREAD:
            self._unread -= 1
        elif self._unread:
            return
        elif tag == _TEXT:
            self._in_text = False
        elif tag == _PARAGRAPH and not self._rows:
            self._end_line()
        elif tag == _PARAGRAPH:
            self._line.append(" ")
        elif tag == _CELL:
            self._line.append("\t")
        elif tag == _ROW:
            self._rows -= 1
            if not self._rows:
                self._end_line()

    def data(self, text: str) -> None:
        """Text of the element begun last."""
        if self._in_text and not self._unread:
            self._line.append(text.replace("\n", " "))

    def close(self) -> Written:
        """The document ends."""
        self._end_line()
        return Written("\n".join(self._lines), self._heading)

    def _end_line(self) -> None:
        cells = (cell.strip() for cell in "".join(self._line).split("\t"))
        line = "\t".join(cells).strip()
        if line:
            self._lines.append(line)
            if self._is_heading and self._heading is None:
                self._heading = line
        self._line, self._is_heading = [], False
