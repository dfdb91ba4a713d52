"""Putting the calls of a lot first, by a supervisor."""
