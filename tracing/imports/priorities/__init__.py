"""Lots that a supervisor puts first."""
