"""REST, derived: each operation's route, its OpenAPI entry and its answer follow from its name and traits."""
