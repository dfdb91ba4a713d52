"""Defer Python's cyclic garbage collection during imports, and exclude start-up objects from it."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

Sweep = Callable[[], None]
TIMES_PUT_OFF = 8
"""Run one of this many collections: objects that survive are scanned once anyway, so rarer runs cost less."""


def freeze_loaded_objects() -> None:
    """Exclude everything allocated so far (modules, tables, the application) from collection; it lives until exit.

    Call it before the first page: a collection over all of it held up every page of a process for 150 to 600 ms.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def defer_gc() -> Iterator[Sweep]:
    """Turn cyclic collection off and yield a function that collects now and then among objects made since the last run.

    Rows hold no cycles and are freed by reference counting. An import of tens of thousands of lines spent a third of
    its Python time on collection (docs/decisions/0011). When nested, the outermost block decides.
    """
    if not gc.isenabled():
        yield lambda: None
        return
    told = count(1)

    def sweep() -> None:
        if next(told) % TIMES_PUT_OFF == 0:
            gc.collect(1)

    gc.disable()
    try:
        yield sweep
    finally:
        gc.enable()
