"""Which properties that theories of consciousness name are there in what runs here, each with its evidence."""
