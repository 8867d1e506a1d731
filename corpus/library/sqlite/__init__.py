"""A library in a file of SQLite: its tables, how they are brought up to date, and copies of the file."""
