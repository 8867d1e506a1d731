"""API keys: who may use the service, for what, and how often. Knows no web framework."""
