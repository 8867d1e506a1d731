"""Reports of an evaluation: terminal, JSON, Markdown, and one HTML page that needs nothing else."""
