"""Formats that other evaluators read and write: BEIR folders, TREC runs and TREC qrels."""
