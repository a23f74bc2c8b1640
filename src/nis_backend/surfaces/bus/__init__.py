"""The bus: commands come in as messages and are done once; what became of each goes out."""
