"""Values that hold an identity or a secret tell nothing of it when they are printed.

A dataclass says `repr=False`; what has no such option says `@blind`. `tests/meta/test_blind.py` finds what was forgotten.
"""

from typing import TypeVar

T = TypeVar("T")


def redacted(cls: type[T]) -> type[T]:
    """Let the values of a class be printed by its name alone: a repr ends up in logs and tracebacks."""

    def as_name(self: T) -> str:
        return f"{type(self).__name__}(…)"

    cls.__repr__ = as_name  # type: ignore[method-assign,assignment]
    cls.__str__ = as_name  # type: ignore[method-assign,assignment]
    return cls
