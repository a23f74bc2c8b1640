"""Collections: texts that are kept to be searched, by their words and by what they mean."""
