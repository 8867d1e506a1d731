"""Encoders: what turns passages and questions into vectors, one module a backend."""
