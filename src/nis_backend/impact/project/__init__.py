"""What a project is: its files, what it declares, and what its interpreter has installed."""
