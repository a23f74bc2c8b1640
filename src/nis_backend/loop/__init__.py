"""The loop that chat and agents stand on: a model talks, chooses tools, they compute, and it talks again."""
