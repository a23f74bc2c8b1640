"""What a change does to a start, in figures: interleaved runs of two environments, and what sets them apart."""
