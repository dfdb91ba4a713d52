"""What is written about a failure says where it was, and repeats nothing of what was at hand there."""

import io
import json
import logging
import sys
import threading

import psycopg
import pydantic
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tracing.kernel import logs
from tracing.kernel.config import CannotStart

NAME = "KERVADEC-LE-GOFF"


@pytest.fixture
def written():
    """What is written while the log is configured."""
    error_stream = sys.stderr
    sys.stderr = stream = io.StringIO()
    logs.configure("info", "json")
    sys.stderr = error_stream
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def fails_with(error, *, because=None):
    """Raise an error from a place that has a name at hand, and return it with its traceback."""
    patient = NAME
    try:
        try:
            if because is not None:
                raise because
        except LookupError as cause:
            raise error from cause
        assert patient
        raise error
    except type(error) as raised:
        return raised


class Line(pydantic.BaseModel):
    born: int


def of_a_form():
    try:
        Line(born=NAME)
    except pydantic.ValidationError as error:
        return error


def errors():
    return {
        "value": fails_with(ValueError(f"cannot read {NAME}")),
        "key": fails_with(KeyError(NAME)),
        "cause": fails_with(RuntimeError("outer"), because=LookupError(NAME)),
        "form": of_a_form(),
        "driver": fails_with(psycopg.errors.InvalidTextRepresentation(f'invalid input: "{NAME}"')),
        "lost": fails_with(psycopg.OperationalError(f"connection to {NAME} failed: Connection refused")),
        "file": fails_with(OSError(28, "No space left on device", f"/inbox/{NAME}.csv")),
        "group": fails_with(ExceptionGroup(NAME, [ValueError(NAME)])),
        "noted": noted(),
    }


def noted():
    error = ValueError("x")
    error.add_note(NAME)
    return fails_with(error)


def test_no_text_of_an_error_is_repeated_whatever_it_came_from(written):
    log = structlog.get_logger()
    for name, error in errors().items():
        log.error("failed", what=name, exc_info=error)
        log.error("told of", what=name, error=error)
        logging.getLogger("library").error("could not do it: %s", error, exc_info=error)
        threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
        sys.excepthook(type(error), error, error.__traceback__)

    lines = written()

    assert len(lines) == 5 * len(errors())
    assert NAME not in json.dumps(lines)
    told = {
        line["what"]: "\n".join(line["exception"]) for line in lines if "exception" in line and "what" in line
    }
    assert "in fails_with" in told["value"]
    assert "raise error" in told["value"]
    assert "LookupError" in told["cause"]
    assert "(then)" in told["cause"]
    assert told["lost"].endswith("psycopg.OperationalError: Connection refused")
    assert told["file"].endswith("OSError: No space left on device")
    assert "22P02" in told["driver"]


def test_a_broken_constraint_is_named_without_the_values_that_broke_it(story, session, written):
    code = story.nantes.code
    with pytest.raises(IntegrityError) as broken, session.begin_nested():
        session.execute(
            text("""
                INSERT INTO sites SELECT (jsonb_populate_record(s, '{"id": 99999}')).* FROM sites AS s
                WHERE code = :code
            """),
            {"code": code},
        )

    structlog.get_logger().error("failed", exc_info=broken.value)

    [line] = written()
    last = line["exception"][-1]
    assert "UniqueViolation" in last
    assert "constraint uq_sites_code" in last
    assert f"({code})" not in json.dumps(line)


def test_our_own_words_are_repeated(written):
    structlog.get_logger().error("failed", exc_info=fails_with(CannotStart("Run: tracing db upgrade")))

    assert written()[0]["exception"][-1].endswith("CannotStart: Run: tracing db upgrade")


@pytest.mark.parametrize("style", ["text", "json"])
def test_nothing_from_outside_begins_a_line_or_turns_one_around(style):
    hostile = "x\n2026-01-01 [info] forged\r\x1b[2J\u2028\u202egnol\x00\x85"
    record = logging.LogRecord("library", logging.WARNING, "", 0, "got %s", (hostile,), None)
    ours = logging.LogRecord(
        "tracing", logging.WARNING, "", 0, {"event": hostile, hostile: hostile}, (), None
    )

    for one in (record, ours):
        line = logs.Lines(style).format(one)

        assert line.isprintable()
        assert "forged" in line
        assert "\\n" in line


def test_libraries_are_heard_at_the_level_of_the_product_and_never_with_rows(written):
    logging.getLogger("apscheduler.executors.default").info("ran")
    logging.getLogger("sqlalchemy.engine.Engine").info("SELECT")
    logging.getLogger("waitress").error("broken")
    logging.getLogger("tracing.anything").info("told")
    logging.getLogger("tracing.anything").debug("details")

    assert [line["event"] for line in written()] == ["broken", "told"]


def test_a_chain_that_bites_its_tail_ends(written):
    one, other = ValueError("a"), ValueError("b")
    one.__cause__, other.__cause__ = other, one

    assert len(list(logs.traceback_lines(one))) < 20
