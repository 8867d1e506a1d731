"""Systems under test: Byline, Byline with one part changed, trivial baselines, and runs of other systems."""
