"""Late interaction: a question compared with a passage word piece by word piece."""
