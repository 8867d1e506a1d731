"""Text that others wrote, as it may be shown on a terminal."""


def printable(text: str) -> str:
    """The text without control characters: an article must not be able to steer the terminal."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


def one_line(text: str) -> str:
    """The text as part of a line: without anything that could begin another one."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
