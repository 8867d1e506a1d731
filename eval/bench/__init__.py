"""`byline bench`: speed, memory and disk beside what people would pick instead, and as the collection grows."""
