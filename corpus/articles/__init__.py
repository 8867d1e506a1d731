"""The articles that come with Byline, as package data."""

from pathlib import Path


def shipped_articles() -> Path:
    """The folder with the shipped articles, Markdown with front matter."""
    return Path(__file__).parent
