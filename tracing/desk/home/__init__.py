"""A tracer's home page."""
