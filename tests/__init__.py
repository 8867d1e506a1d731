"""Tests; those marked `model`, `server` or `browser` need more than Python."""
