"""Lexical indexes: which passages share the question's words, ranked by BM25, one module a backend."""
