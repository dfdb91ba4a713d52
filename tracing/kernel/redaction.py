"""Keep identities and secrets out of `repr` and `str`, and so out of logs and tracebacks.

A dataclass field says `repr=False`; other classes say `@redacted`. `tests/meta/test_blind.py` finds what was forgotten.
"""

from typing import TypeVar

T = TypeVar("T")


def redacted(cls: type[T]) -> type[T]:
    """Class decorator: print instances as the name of their class alone, in `repr` and `str`."""

    def as_name(self: T) -> str:
        return f"{type(self).__name__}(…)"

    cls.__repr__ = as_name  # type: ignore[method-assign,assignment]
    cls.__str__ = as_name  # type: ignore[method-assign,assignment]
    return cls
