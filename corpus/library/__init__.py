"""The library: one SQLite database that holds every article, revision, passage and vector, and is the only truth."""
