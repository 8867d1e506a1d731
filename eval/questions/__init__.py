"""Question sets: the shipped one, the format they have, the split into dev and test, and where evidence stands."""

from pathlib import Path


def shipped_questions() -> Path:
    """The hand-written questions about the five shipped articles."""
    return Path(__file__).parent / "byline.jsonl"
