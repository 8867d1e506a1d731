"""The service over HTTP: one thin FastAPI application around the core."""
