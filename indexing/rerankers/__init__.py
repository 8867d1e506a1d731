"""Rerankers: what judges a question and a passage together, in late interaction's place, one module a backend."""
