"""Check that no statement of a page or a job reads the whole of a table that grows.

The statements that the product sent while the tests ran are planned (never executed) at the end of the run, with every
way of reading a whole table made as expensive as possible: if PostgreSQL still reads one whole, no index fits the
query.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import psycopg
from sqlalchemy import Engine

from tests.support.sent import Sent

SMALL = {
    **dict.fromkeys(
        (
            "sites",
            "site_funds",
            "site_signing_keys",
            "site_counts",
            "note_counters",
            "queue_weights",
            "queue_rebuilds",
        ),
        "a few rows a site",
    ),
    **dict.fromkeys(
        ("import_sources", "source_keys", "source_tokens", "source_mappings"),
        "as many as laboratories, agreed by hand",
    ),
    "queue_priorities": "given by a supervisor by hand, for a day or two",
    "queue_priority_rounds": "what is still to be compared; removed when it is done",
    "toolbox_entries": "written by hand, some hundreds a site",
    "members": "who works here: ten thousand at most, and none is added by a call",
    **dict.fromkeys(("member_roles", "account_makers", "adviser_specialties"), "a few rows a member"),
    "import_uploads": "one a member at most, for some minutes",
    "inbox_troubles": "what is wrong with the watched folder now",
    "held_back": "the calls under way during which something changed",
    "demo_runs": "one row",
    "script_versions": "a few a release, and those written by hand",
    "script_comments": "some for each draft of a script, written by hand",
    "script_drafts": "a few a month, written by hand",
    "rule_runs": "two a version",
    "notices": "one a version of the rules or of a script",
    "rule_versions": "a few a month, written by hand",
    "memory_stamps": "one row for each thing that hosts keep in memory",
    "run_slots": "those of the last days: older ones are removed",
    "index_key_uses": "a row for each kind of blind index",
    "alembic_version": "one row",
}
"""The tables that do not grow with the number of people called, and why. Every other table does."""

BOUNDED = {
    "uq_loans_one_at_a_time": "who is lent now",
    "uq_queue_entries_one_claim": "who is on the telephone now",
    "ix_queue_entries_closing": "the households that wait to be called now",
    "ix_sick_notes_unhashed": "the notes that an older release issued since the last minute",
    "ix_escalations_open": "the questions that nobody has settled",
    "ix_queue_entries_regroup": "the households that wait to be joined or split",
    "ix_possible_duplicates_open": "the pairs that nobody has compared yet",
    "ix_contrary_results_to_note": "the negative PCRs that no adviser has noted yet",
    "ix_import_lines_to_correct": "the lines that somebody must still correct",
    "ix_import_lines_negatives": "the lines that are not positive and that somebody must still compare",
    "ix_import_lots_waiting": "the lots that wait to be loaded",
    "ix_import_messages_waiting": "the messages of the last seconds",
    "ix_import_lots_taken_back": "the lots that somebody took back, by hand",
    "ix_call_tasks_waiting_language": "the calls that wait for somebody who speaks a language",
}
"""Partial indexes of open work only: reading one of them whole reads no history."""

BY_THE_LOT = "a page of import officers alone; a hundred senders make some 70,000 lots in a year"

EXCEPTIONS = {
    ("imports.lots.originals.remove_old", "import_lots"): "a job that tidies; some 70,000 lots in a year",
    ("duplicates.queries.decided", "possible_duplicates"): "read from the latest back until a page is full",
    ("imports.lots.queries.changed_since_planned", "import_lots"): BY_THE_LOT,
    (
        "imports.lots.queries.lots",
        "import_lots",
    ): "the newest lots, one page of them: read from the newest back",
    ("imports.lots.queries.lots_to_decide", "import_lots"): BY_THE_LOT,
    ("imports.sources.queries.last_lots", "import_lots"): BY_THE_LOT,
    # it reads back from the newest event until a page is full. To find the events of a site, of a member and of a kind
    # would take three more indexes, written for every event of every call
    ("supervision.journal.queries.events_of", "events"): "an auditor's page, opened by few",
}
"""Functions that may read a table whole, with the table and the reason."""

PASSES_ON = {"Append", "Merge Append", "LockRows"}
"""Plan nodes that read no more rows than they are asked for: the node above them decides."""
PARAMETER = re.compile(r"%\((\w+)\)s|%%")
MANY = re.compile(r"%\((\w+_\d+)_\d+\)s((?:::\w+)?)(?:, %\(\1_\d+\)s\2)+")
"""A list of parameters, one for each value: it is shortened to two, which PostgreSQL plans like any number."""


@dataclass(frozen=True)
class Offence:
    """A statement that reads a whole table."""

    sent: Sent
    table: str
    how: str

    def __str__(self) -> str:
        statement = " ".join(self.sent.text.split())
        return f"{self.sent.place} reads all of {self.table} ({self.how}):\n    {statement[:1500]}"


class Planner:
    """Asks the database for the plans of statements."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute("SET lock_timeout = '10s'")
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            connection.execute(f"SET enable_{way} = off".encode())

    def offences(self, statements: Iterable[Sent]) -> list[Offence]:
        """Return which of these statements read a whole table that grows."""
        seen: dict[tuple[str, ...], Sent] = {}
        for one in statements:
            text = MANY.sub(r"%(\1_1)s\2, %(\1_2)s\2", one.text)
            seen.setdefault((text, *one.codes.values()), replace(one, text=text))
        found = {
            (sent.text, table): Offence(sent, table, how)
            for sent in seen.values()
            for table, how in self._read_whole(sent).items()
            if (sent.place, table) not in EXCEPTIONS
        }
        return sorted(found.values(), key=lambda offence: (offence.sent.place, offence.table))

    def _read_whole(self, sent: Sent) -> dict[str, str]:
        """Return the tables that every possible plan reads whole.

        In a small database, reading an index from end to end looks cheap: if another plan exists, that one counts.
        """
        hidden: set[str] = set()
        first: dict[str, str] = {}
        with self._connection.transaction(force_rollback=True):
            while True:
                try:
                    with self._connection.transaction():
                        found = list(self._whole(self._plan(sent)))
                except psycopg.Error as error:
                    return first or {"what it asks": f"it could not be planned: {error}"}
                first = first or {table: how for table, how, _index in found}
                again = {index for _table, _how, index in found if index} - hidden
                if not found or not again:
                    return first if found else {}
                for index in again:
                    self._connection.execute(self._hiding[index].encode())
                hidden |= again

    def _plan(self, sent: Sent) -> dict[str, Any]:
        names: list[str] = []

        def numbered(match: re.Match[str]) -> str:
            if match[1] is None:
                return "%"
            if match[1] in sent.codes:
                return f"'{sent.codes[match[1]]}'"
            if match[1] not in names:
                names.append(match[1])
            return f"${names.index(match[1]) + 1}"

        numbers = PARAMETER.sub(numbered, sent.text)
        types = ", ".join(sent.types.get(name, "unknown") for name in names)
        values = ", ".join("NULL" for _name in names)
        self._connection.execute(f"PREPARE asked{f'({types})' if types else ''} AS {numbers}".encode())
        try:
            asked = f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({values})' if values else ''}"
            [[[answer]]] = self._connection.execute(asked.encode()).fetchall()
        finally:
            self._connection.execute(b"DEALLOCATE ALL")
        plan: dict[str, Any] = answer["Plan"]
        return plan

    def _whole(self, node: dict[str, Any], above: str = "") -> Iterator[tuple[str, str, str]]:
        """Yield the tables that a plan reads whole, how, and the index that it reads whole."""
        kind = node["Node Type"]
        if kind == "Seq Scan":
            table = self._table(node["Relation Name"])
            if table is not None:
                yield table, "no index for the question", ""
        elif "Index Name" in node:
            index = self._indexes.get(node["Index Name"])
            table = self._table(index.table) if index else None
            if index and table is not None and not self._is_bounded(node, index, above):
                yield table, f"all of the index {index.name}", index.name
        elif kind == "ModifyTable" and node["Operation"] == "Delete":
            for referring, column in self._references.get(node["Relation Name"], ()):
                yield referring, f"no index on {column}, which is looked up for each row that goes", ""
        for below in node.get("Plans", ()):
            yield from self._whole(below, above if kind in PASSES_ON else kind)

    def _table(self, name: str) -> str | None:
        """Return the growing table that this is, or of which it is a partition; None if it does not grow."""
        table = self._parts.get(name, name)
        return table if table in self._tables and table not in SMALL else None

    @staticmethod
    def _is_bounded(node: dict[str, Any], index: "_Index", above: str) -> bool:
        if index.name in BOUNDED:
            return True
        condition = node.get("Index Cond", "")
        if condition:
            return bool(re.search(rf"(?<!\w){re.escape(index.first)}(?!\w)", condition))
        # reading the first rows in index order reads no more than were asked for
        return above == "Limit" and "Filter" not in node

    @cached_property
    def _tables(self) -> set[str]:
        rows = self._connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows}

    @cached_property
    def _parts(self) -> dict[str, str]:
        rows = self._connection.execute(
            "SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits"
        )
        return dict(rows.fetchall())

    @cached_property
    def _indexes(self) -> dict[str, "_Index"]:
        """The indexes by name; a partition's index has the name of the whole index."""
        rows = self._connection.execute("""
            SELECT indexrelid::regclass::text, coalesce(inhparent, indexrelid)::regclass::text,
                   indrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true)
            FROM pg_index LEFT JOIN pg_inherits ON inhrelid = indexrelid
            WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        """)
        return {part: _Index(name, table, first) for part, name, table, first in rows}

    @cached_property
    def _hiding(self) -> dict[str, str]:
        """The statements that hide an index from the planner, in a transaction that is rolled back."""
        rows = self._connection.execute("""
            SELECT indexrelid::regclass::text, indrelid::regclass::text, conname
            FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u', 'x')
        """)
        return {
            name: f"ALTER TABLE {table} DROP CONSTRAINT {rule} CASCADE" if rule else f"DROP INDEX {name}"
            for name, table, rule in rows
        }

    @cached_property
    def _references(self) -> dict[str, list[tuple[str, str]]]:
        """For each table, the columns of growing tables that refer to it without an index."""
        rows = self._connection.execute("""
            SELECT confrelid::regclass::text, conrelid::regclass::text, attname
            FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
            WHERE contype = 'f' AND conparentid = 0 AND NOT EXISTS (
                SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1] AND (
                    indpred IS NULL OR pg_get_expr(indpred, indrelid) = format('(%s IS NOT NULL)', attname)))
        """)
        found: dict[str, list[tuple[str, str]]] = {}
        for to, table, column in rows:
            if self._table(table) is not None:
                found.setdefault(to, []).append((self._parts.get(table, table), column))
        return found


@dataclass(frozen=True)
class _Index:
    name: str
    table: str
    first: str
    """Its first column: a condition on the other columns alone still reads the whole index."""


@contextmanager
def planner(engine: Engine) -> Iterator[Planner]:
    """Yield a planner on a migrated database, as its owner: nothing is executed, and no change is kept."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        yield Planner(connection)


ADVICE = """\
This is no fault of the test named above: it was the last one of this run. During the run the product sent statements
that read the whole of a table that grows. Ask so that an index answers (two look-ups and a UNION instead of OR, a
migration that adds an index), or say in tests/support/growth.py why it may."""


def told(offences: Iterable[Offence]) -> str:
    """Return the message about offences for the end of a test run."""
    return "\n\n".join([ADVICE, *map(str, offences)])
