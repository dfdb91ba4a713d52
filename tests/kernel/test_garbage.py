"""The search for cycles comes back, whatever happens while it is put off."""

import gc
import weakref

import pytest

from tracing.kernel import gc_control


class Knot:
    """Something that only the search for cycles removes."""

    def __init__(self):
        self.itself = self


def test_it_is_put_off_and_comes_back_after_an_error():
    def stopped_half_way():
        with gc_control.defer_gc():
            assert not gc.isenabled()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_half_way()

    assert gc.isenabled()


def test_the_outermost_decides_when_it_comes_back():
    with gc_control.defer_gc():
        with gc_control.defer_gc():
            pass
        assert not gc.isenabled()


def test_sweeps_remove_the_cycles_made_meanwhile():
    with gc_control.defer_gc() as sweep:
        knot = weakref.ref(Knot())
        assert knot() is not None
        for _ in range(gc_control.TIMES_PUT_OFF):
            sweep()
        assert knot() is None


def test_what_is_loaded_is_left_out_and_what_comes_later_is_not():
    try:
        gc_control.freeze_loaded_objects()
        assert len(gc.get_objects()) < gc.get_freeze_count()
        knot = weakref.ref(Knot())
        gc.collect()
        assert knot() is None
    finally:
        gc.unfreeze()
