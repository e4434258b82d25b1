"""The chat interface of OpenAI (platform.openai.com/docs/api-reference/chat), spoken by Vouch."""
