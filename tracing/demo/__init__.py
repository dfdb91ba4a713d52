"""A working platform full of invented people: staff of every role, a lot through the real import, calls made."""

from tracing.demo.loading import accounts, is_wanted, load

__all__ = ["accounts", "is_wanted", "load"]
