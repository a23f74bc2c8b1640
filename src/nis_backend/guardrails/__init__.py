"""What an owner's policies allow: rules on operations, their requests and results, held wherever one is called."""
