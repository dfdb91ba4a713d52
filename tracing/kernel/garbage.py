"""Python's search for cycles, put off while many rows are made: it looks at all of them again and again, for nothing."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Sweep = Callable[[], None]


@contextmanager
def put_off() -> Iterator[Sweep]:
    """Look for cycles only when told to: yields what looks among the objects made since it last did.

    Rows hold no cycles and go when nothing refers to them. An import of tens of thousands of lines spent a third of
    Python's time on this search (docs/decisions/0011). Nested: the outermost decides.
    """
    if not gc.isenabled():
        yield lambda: None
        return
    gc.disable()
    try:
        yield _sweep
    finally:
        gc.enable()


def _sweep() -> None:
    gc.collect(1)
