"""Teams: agents, models and agents of other servers that answer one message in a stated shape."""
