"""The library as it stood at one commit: all that is read of it."""

from corpus.library.articles import Articles
from corpus.library.material import Material
from corpus.library.passages import Passages


class Snapshot(Articles, Passages, Material):
    """The library as it stood at one commit. Obtained from Library.snapshot(); not shared between threads."""
