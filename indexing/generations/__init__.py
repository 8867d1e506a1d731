"""The published indexes: what a generation is, how it is opened, published, and kept in few parts."""
