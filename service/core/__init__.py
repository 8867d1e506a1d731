"""Retrieve, fuse, answer, cite, abstain."""
