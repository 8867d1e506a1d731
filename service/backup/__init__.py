"""Backups: a folder that holds the library and the feedback as they were at one moment, and says so itself."""
