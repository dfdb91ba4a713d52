"""The log of events says what happened; nothing decides by it. What a decision needs is in a column or a row."""

import ast
import re
from pathlib import Path

from tests.support.source import PACKAGE, modules, tree

READERS = {
    "app.middleware.denied_access": "writes one entry a member, object and hour: asks the log what it holds already",
    "casefiles.file_queries": "the page of a file shows what happened to the case, in order of time",
    "imports.corrections.queries": "the page of a line shows who changed it",
    "imports.undo.services": "has any member done anything at all to this case? Only the log has every action",
    "queue.timeline": "the page of a household shows what happened to its place in the queue",
    "sickleave.mending.queries": "a refusal says which colleague has left the note as it is",
    "supervision.board.live": "the board shows how many owners were gone today",
    "supervision.journal.queries": "the auditor's page of the log",
}
"""The modules that select from the log, and what for."""

WRITES = {"Event", "insert", "copy_rows"}
IN_SQL = re.compile(r"\b(?:FROM|JOIN|USING)\s+events\b", re.IGNORECASE)


def reads_the_log(module: ast.Module) -> bool:
    """Whether a module uses the table of events for anything but adding to it."""
    writes = {
        id(name)
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in WRITES
        for name in (call.func, *call.args[:1])
    }
    return any(
        (isinstance(node, ast.Name) and node.id == "Event" and id(node) not in writes)
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "events.Event")
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and IN_SQL.search(node.value))
        for node in ast.walk(module)
    )


def name_of(path: Path) -> str:
    """A module's dotted name below `tracing`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def test_only_pages_and_the_named_modules_read_the_log():
    found = {name_of(path) for path in modules() if reads_the_log(tree(path))}

    assert found == set(READERS), "a decision reads a column or a row that is written beside the event"


def test_every_way_of_reading_is_seen_and_writing_is_not():
    for reading in (
        "session.scalar(select(Event.id))",
        "session.get(Event, 1)",
        "select(events.Event.detail)",
        'text("SELECT 1 FROM events")',
        'text(f"{subject} JOIN events ON true")',
    ):
        assert reads_the_log(ast.parse(reading)), reading
    for writing in (
        "session.add(Event(kind=kind))",
        "session.execute(insert(Event), rows)",
        "copy_rows(Event, columns, rows)",
        'text("INSERT INTO events (at) VALUES (:at)")',
        "events.record(kind, by=by, at=at)",
        "closing = threading.Event()",
    ):
        assert not reads_the_log(ast.parse(writing)), writing
