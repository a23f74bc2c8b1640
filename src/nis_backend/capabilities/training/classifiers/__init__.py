"""What sorts texts, pictures and rows of tables: measured, calibrated, saved as arrays, and applied by numpy alone."""
