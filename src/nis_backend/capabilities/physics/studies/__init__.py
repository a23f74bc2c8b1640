"""Any solver called again and again: sweeps, sensitivity, fits to measurements, optima."""
