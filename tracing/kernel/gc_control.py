"""Python's search for cycles: put off while many rows are made, and never among what stays as long as the process."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

Sweep = Callable[[], None]
TIMES_PUT_OFF = 8
"""What was made and stays is looked at once, however seldom that is: a search every few times costs a fraction."""


def leave_out_what_is_loaded() -> None:
    """Look no more at what was made so far: modules, tables, the application; they stay until the process ends.

    Before the first page: among all of them one search held up every page of a process for 150 to 600 ms.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def put_off() -> Iterator[Sweep]:
    """Look for cycles only when told to: yields what looks, every few times, among the objects made since it last did.

    Rows hold no cycles and go when nothing refers to them. An import of tens of thousands of lines spent a third of
    Python's time on this search (docs/decisions/0011). Nested: the outermost decides.
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
