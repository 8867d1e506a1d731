"""The library: one database, a file or PostgreSQL's, that has every article, passage and vector: the only truth."""
