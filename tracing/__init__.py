"""Trace an epidemic by telephone."""
