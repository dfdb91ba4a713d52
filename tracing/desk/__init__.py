"""The tracer's pages: home, inbound calls, the call screen, the end of a call."""
