"""A library in PostgreSQL, for when one machine's file is outgrown. Needs the extra `postgres`."""
