"""How sure an answer is, on the scale of the index that gives it."""
