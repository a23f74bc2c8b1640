"""Genesis: agents that are proposed for what others fail at, and registered only where they have proved better."""
