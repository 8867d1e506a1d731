"""Answering: the core with no web framework in it, and the ways to reach it."""
