"""The library: one database, a file or PostgreSQL's, that has all articles, passages, vectors; it is the only truth."""
