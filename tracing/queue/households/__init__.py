"""Who is called together, and where their household stands in the queue."""
