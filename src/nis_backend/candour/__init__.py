"""What any agent here says of its own experience: a rule, before a model is asked."""
