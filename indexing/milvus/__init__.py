"""Milvus as where the indexes are: vectors, BM25 and filters in an engine that several machines share."""
