"""The Model Context Protocol: the core as tools and resources for agents. Only what serves it imports its SDK."""
