"""Who uses a package, as far as the texts of a project and the metadata of its environment tell."""
