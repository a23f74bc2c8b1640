"""Anthropic's dialect at `/v1/messages`: its requests become calls of named operations, and their results its objects.

Source: https://platform.claude.com/docs/en/api/messages
"""
