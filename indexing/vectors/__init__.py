"""Vector indexes: which passages' vectors are nearest to a question's, one module a backend."""
