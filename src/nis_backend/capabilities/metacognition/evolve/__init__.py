"""Evolution: instructions that are bettered against cases, and kept only where they have proved better."""
