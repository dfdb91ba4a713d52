"""The demo: invented staff of every role, invented people loaded by the real import, and some calls already made."""

from tracing.demo.loading import accounts, is_wanted, load

__all__ = ["accounts", "is_wanted", "load"]
