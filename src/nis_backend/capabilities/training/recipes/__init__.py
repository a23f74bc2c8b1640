"""Recipes: a file each, read top to bottom, imported in the worker alone; each ends in `train(job)`."""
