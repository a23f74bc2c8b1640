"""The image: built from a checkout by whichever engine is here, weighed, and pushed to a registry."""
