"""Skills: agents, prompts, plans and insights in signed versions, passed on, and tried when they are installed."""
