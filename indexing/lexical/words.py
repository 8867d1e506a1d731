"""Words as they are written, in any script."""

import regex

WORD = regex.compile(r"[^\W_]+")
"""Letters and digits. An underscore, which sets a word in italics, is no part of it."""
