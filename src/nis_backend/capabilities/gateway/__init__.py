"""What models are asked through: providers that are set up, routes along them, and who changed what of it."""
