"""Inbound calls: find the person who rings, take their call, or keep their request."""
