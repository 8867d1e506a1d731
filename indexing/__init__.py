"""How news becomes searchable: passages, encoders, vector and lexical indexes, and the generations they are kept in."""
