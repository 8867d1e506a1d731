"""How good: question sets, systems under test, metrics, significance, exchange formats and reports."""
