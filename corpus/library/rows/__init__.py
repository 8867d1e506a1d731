"""What is told of rows: the values they stand for, and whether they are what was written."""
