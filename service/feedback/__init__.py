"""What readers say of answers: kept, and turned into questions for the evaluator."""
