"""Restore the log configuration of this process after a test whose command changes it."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from tracing.kernel import logs


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """Restore the log configuration at the end of the block."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    before, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    yield
    logging.captureWarnings(capture=False)
    logging.raiseExceptions = raises
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for name in (*logs.LIBRARIES, *logs.NOISY):
        logging.getLogger(name).setLevel(logging.NOTSET)
