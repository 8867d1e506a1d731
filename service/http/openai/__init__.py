"""The routes that OpenAI's clients call: vector stores, chat completions, responses, models."""
