"""Logging in: sessions and the browsers they were known from."""
