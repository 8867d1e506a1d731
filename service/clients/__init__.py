"""Retrievers of other frameworks that ask a Byline service over HTTP. They import nothing else of Byline."""
