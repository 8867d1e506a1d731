"""The JSON that OpenAI's clients exchange with the service."""
