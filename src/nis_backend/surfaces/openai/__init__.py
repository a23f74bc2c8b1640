"""OpenAI's dialect at `/v1`: its requests become calls of named operations, and their results its objects.

Source: https://platform.openai.com/docs/api-reference/chat
"""
