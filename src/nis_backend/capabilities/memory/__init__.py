"""What is remembered: values under keys, memories of users and agents, and forgetting them."""
