"""Inbound calls: find the caller, take their call, or store their request."""
