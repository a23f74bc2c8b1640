"""What every solver stands on: receipts, refinement, formulas that people write, numbers as people read them."""
