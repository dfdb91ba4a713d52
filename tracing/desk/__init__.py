"""The tracer's door: their home, the call screen, the end of a call."""
