"""Which people are called together, and the place of their household in the queue."""
