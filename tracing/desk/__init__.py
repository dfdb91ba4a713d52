"""The work itself: the tracer's home and the call screen."""
