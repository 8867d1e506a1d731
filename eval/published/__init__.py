"""The figures of README and docs/figures.md: measured again, and written where they stand, by one command."""
