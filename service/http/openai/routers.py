"""All routes that OpenAI's clients call, for the application to include."""

from service.http.openai import chat, models, responding, stores

ROUTERS = (stores.router, chat.router, responding.router, models.router)
