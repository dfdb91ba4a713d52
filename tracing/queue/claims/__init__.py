"""A claim: how a call is claimed, kept alive and ended."""
