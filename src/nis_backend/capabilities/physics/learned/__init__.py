"""Networks that learn an equation or a law, each beside the classical answer."""
