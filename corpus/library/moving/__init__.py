"""A whole library taken from one database to another, compared row by row."""
