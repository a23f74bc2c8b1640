"""Samples and systems over time: spectra, filters, transfer functions, transforms inverted by numbers."""
