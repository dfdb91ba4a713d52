"""Open the key store at the start of a process: only with the right master key and every key that was ever used.

Without the master key or a cohort key, sealed data cannot be read. If a new key silently took its place, everything
would seem to work until it is too late.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import func

from tracing.kernel import secrets
from tracing.kernel.config import CannotStart
from tracing.vault import key_uses, sealing
from tracing.vault.errors import SealBroken
from tracing.vault.keys import KEY_BYTES, KeyRing, cohort_name, index_name
from tracing.vault.models import CohortKey, IndexKey, MasterKey
from tracing.vault.registry import INDEX_KINDS

FIRST_START = 4_117_023
"""Advisory lock for opening the store: if two hosts start for the first time at once, one makes the master key."""
SHOWN = 5
"""Days named in an error message."""


class KeysRefused(CannotStart):
    """The keys do not fit the data: the process does not start, and nothing was written."""


@dataclass
class Store:
    """Content of the key store: its master key mark, its wrapped keys by name, and the days whose key was destroyed."""

    mark: str | None = None
    verifier: bytes | None = field(default=None, repr=False)
    wrapped: dict[str, bytes] = field(default_factory=dict, repr=False)
    cohorts: set[date] = field(default_factory=set)
    destroyed: set[date] = field(default_factory=set)

    @property
    def is_used(self) -> bool:
        """Whether a master key was ever used with it."""
        return self.verifier is not None or bool(self.wrapped)

    def opened_by(self, master: bytes) -> dict[str, bytes]:
        """Return the keys that a master key can unwrap, by name."""
        opened = {}
        for name, wrapped in self.wrapped.items():
            try:
                opened[name] = sealing.unwrap(master, name=name, wrapped=wrapped)
            except SealBroken:
                continue
        return opened

    def belongs_to(self, master: bytes) -> bool:
        """Return whether a master key belongs to this store: it made the mark, and unwraps every key."""
        is_marked = self.verifier is None or sealing.verifies(master, self.verifier)
        return is_marked and len(self.opened_by(master)) == len(self.wrapped)


def open_store(path: Path, engine: Engine) -> KeyRing:
    """Return the keys of a store for the life of this process, inside a transaction of the main database.

    If both the store and the database are empty, the master key is created in the file at `path`.

    Raises:
        KeysRefused: the master key is missing or wrong, or the store lacks keys that were used.
    """
    with _locked(engine) as connection:
        used = read_used()
        store = read_store(connection)
        master = secrets.load(path, KEY_BYTES)
        if master is None and store.is_used:
            raise KeysRefused(
                f"The master key {path} is missing, and the key store belongs to one{_named(store.mark)}. "
                + "Copy keys/master.key from another host or from the safe to that place. "
                + "No new one is made: it would open nothing."
            )
        if master is not None and not store.belongs_to(master):
            raise KeysRefused(_not_its_master(path, store, master))
        _refuse_lost_days(lost_days(used, store))
        _refuse_lost_index_keys(lost_index_keys(used, store, master))
        if master is None:
            master = secrets.load_or_create(path, KEY_BYTES)
        if store.verifier is None:
            _mark(connection, master)
    ring = KeyRing(engine, master)
    for kind in sorted(INDEX_KINDS):
        ring.index_key(kind)
    _record_index_keys(ring)
    return ring


def introduce(ring: KeyRing) -> None:
    """Bind an empty store to the master key of a ring, as the first start does."""
    with _locked(ring.engine) as connection:
        if read_store(connection).verifier is None:
            _mark(connection, ring.master)


def read_store(connection: Connection) -> Store:
    """Read the whole key store: some hundreds of rows."""
    store = Store()
    mark = connection.execute(select(MasterKey.fingerprint, MasterKey.verifier)).one_or_none()
    if mark is not None:
        store.mark, store.verifier = mark
    for cohort, wrapped in connection.execute(select(CohortKey.cohort, CohortKey.wrapped)):
        if wrapped is None:
            store.destroyed.add(cohort)
        else:
            store.cohorts.add(cohort)
            store.wrapped[cohort_name(cohort)] = wrapped
    for kind, key_id, wrapped in connection.execute(select(IndexKey.kind, IndexKey.id, IndexKey.wrapped)):
        store.wrapped[index_name(kind, key_id)] = wrapped
    return store


@dataclass(frozen=True)
class Used:
    """The days and index keys with which the main database's data was sealed and blinded.

    A key is committed before its first use: if the uses are read before the store, a key that another host makes in
    between cannot look lost.
    """

    days: set[date]
    index_keys: dict[tuple[str, int], str]


def read_used() -> Used:
    """Read the uses, to compare them with a store that is read afterwards."""
    return Used(days=key_uses.days(), index_keys=key_uses.index_keys())


def lost_days(used: Used, store: Store) -> list[date]:
    """Return the days that have sealed rows in the main database but no key in the store."""
    missing = used.days - store.cohorts - store.destroyed
    return sorted(day for day in missing if key_uses.day_has_rows(day))


def lost_index_keys(used: Used, store: Store, master: bytes | None) -> list[str]:
    """Return the kinds of blind index whose key is missing from the store, or is a different one."""
    opened = store.opened_by(master) if master is not None else {}
    lost = set()
    for (kind, key_id), fingerprint in used.index_keys.items():
        key = opened.get(index_name(kind, key_id))
        if key is None or sealing.fingerprint(key) != fingerprint:
            lost.add(kind)
    return sorted(lost)


def check(path: Path, engine: Engine) -> dict[str, Any]:
    """Return a report about the keys; `ok` says whether a process would start. Nothing is written.

    For each day one row of each table is opened, to check that its key is the right one and not only present.
    """
    used = read_used()
    with engine.connect() as connection:
        store = read_store(connection)
    master = secrets.load(path, KEY_BYTES)
    opened = store.opened_by(master) if master is not None else {}
    lost = lost_days(used, store)
    report = {
        "master_key": sealing.fingerprint(master) if master is not None else None,
        "store_belongs_to": store.mark,
        "keys": len(store.wrapped),
        "keys_opened": len(opened),
        "days": len(store.cohorts),
        "days_without_key": [day.isoformat() for day in lost],
        "days_unreadable": [day.isoformat() for day in sorted(store.cohorts) if _is_unreadable(day, opened)],
        "days_destroyed": [day.isoformat() for day in sorted(store.destroyed)],
        "index_keys_lost": lost_index_keys(used, store, master),
    }
    is_whole = not (lost or report["days_unreadable"] or report["index_keys_lost"])
    is_right = store.belongs_to(master) if master is not None else not store.is_used
    return {"ok": is_right and is_whole, **report}


def in_words(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a report about the keys."""
    yield f"Master key here:    {report['master_key'] or 'none'}"
    yield f"Store belongs to:   {report['store_belongs_to'] or 'no master key yet'}"
    yield f"Keys opened:        {report['keys_opened']} of {report['keys']} (of {report['days']} days)"
    for title, name in (
        ("Days without key:  ", "days_without_key"),
        ("Days unreadable:   ", "days_unreadable"),
        ("Days destroyed:    ", "days_destroyed"),
        ("Index keys lost:   ", "index_keys_lost"),
    ):
        yield f"{title} {', '.join(report[name]) or 'none'}"
    yield "The keys are those of the data." if report["ok"] else "The keys are NOT those of the data."


def _is_unreadable(day: date, opened: dict[str, bytes]) -> bool:
    key = opened.get(cohort_name(day))
    if key is None:
        return key_uses.day_has_rows(day)
    for table, row, blob in key_uses.sealed_rows(day):
        try:
            sealing.unseal(key, blob, table=table, row=row, cohort=day)
        except SealBroken:
            return True
    return False


def _refuse_lost_days(lost: list[date]) -> None:
    if lost:
        named = ", ".join(day.isoformat() for day in lost[:SHOWN]) + (", …" if len(lost) > SHOWN else "")
        raise KeysRefused(
            f"The key store lacks the keys of {len(lost)} days that have rows in the main database ({named}): "
            + "it is older than the main database, or another one. Restore the newest copy of the key store; "
            + "no key was made."
        )


def _refuse_lost_index_keys(lost: list[str]) -> None:
    if lost:
        raise KeysRefused(
            "The key store is not the one that the main database was used with: its keys for finding people by "
            + f"{', '.join(lost)} are missing or others. Restore the right key store; no key was made."
        )


def _not_its_master(path: Path, store: Store, master: bytes) -> str:
    opened = len(store.opened_by(master))
    return (
        f"The master key {path} (fingerprint {sealing.fingerprint(master)}) is not that of the key store"
        + f"{_named(store.mark)}: it opens {opened} of its {len(store.wrapped)} keys. "
        + "Copy keys/master.key from a host that works, or from the safe; no key was made."
    )


def _named(mark: str | None) -> str:
    return f" (fingerprint {mark})" if mark else ""


def _mark(connection: Connection, master: bytes) -> None:
    connection.execute(
        insert(MasterKey).values(
            id=1,
            fingerprint=sealing.fingerprint(master),
            verifier=sealing.verifier(master),
            created_at=func.now(),
        )
    )


def _record_index_keys(ring: KeyRing) -> None:
    with ring.engine.connect() as connection:
        opened = read_store(connection).opened_by(ring.master)
        kept = [(row.kind, row.id) for row in connection.execute(select(IndexKey.kind, IndexKey.id))]
    known = key_uses.index_keys()
    key_uses.record_index_keys(
        {key: sealing.fingerprint(opened[index_name(*key)]) for key in kept if key not in known}
    )


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """Open a transaction of the key store that only one process at a time can enter."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FIRST_START})
        yield connection
