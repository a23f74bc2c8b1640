"""What a change does: resolved, installed beside what is there, written as a patch, made and taken back."""
