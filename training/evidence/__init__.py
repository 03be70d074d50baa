"""Is a steered large model as good as a tuned one? Trains what is compared, and measures it."""
