"""Claims held against what is computed: confirmed, refuted, or neither."""
