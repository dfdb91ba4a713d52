"""Whom a case met, how risky it was, and when a contact becomes a case."""
