"""All routes that OpenAI's clients call, for the application to include."""

from service.http.openai import chat, models, stores

ROUTERS = (stores.router, chat.router, models.router)
