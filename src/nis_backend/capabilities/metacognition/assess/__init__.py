"""How sure an answer is: what methods say of it, what its task's outcomes make of that, and when not to answer."""
