"""The model files: what each is, where it may come from, and whether the one here is the right one."""
