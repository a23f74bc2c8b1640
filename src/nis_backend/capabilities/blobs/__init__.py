"""Blobs: bytes that are kept under an id, given to operations and answered by them."""
