"""The call queue: who must be called, in which order, and which tracer holds which call."""
