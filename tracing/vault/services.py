"""Seal, open and blind values, with the keys of the running process; destroy the key of a day."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from tracing.kernel import events
from tracing.vault import sealing
from tracing.vault.errors import IdentityDestroyed
from tracing.vault.keys import CURRENT_INDEX_KEY, KeyRing
from tracing.vault.registry import SEALED, blind_kinds, clear_cohort

SETTINGS_KEY = "settings"
"""Name of the key that seals the installation's own secrets."""

blind_kinds(SETTINGS_KEY)

_opened: list[KeyRing] = []


def open_vault(ring: KeyRing) -> None:
    """Use these keys for the life of this process."""
    _opened[:] = [ring]


def keys() -> KeyRing:
    """Return the keys in use; that a command never opened the vault is a bug."""
    if not _opened:
        raise RuntimeError("the vault is not open: call open_vault first")
    return _opened[0]


def master_key_opens() -> bool:
    """Return whether the master key of this process opens the key store, by reading one row: for a readiness check.

    An error of the store's database is raised.
    """
    return keys().opens_store()


def seal(table: str, row: int, cohort: date, payload: Any) -> bytes:
    """Seal `payload` for a row of `table` with the key of the day it was collected."""
    if table not in SEALED:
        raise RuntimeError(f"{table} is not registered as sealed: destruction would not find it")
    return sealing.seal(keys().cohort_key(cohort), table=table, row=row, cohort=cohort, payload=payload)


def sealer(table: str, cohort: date) -> Callable[[int, Any], bytes]:
    """Return a function that seals payloads for rows of `table` with the key of one day: `seal` for many rows.

    The key is requested at the first row: without rows, a day whose key was destroyed raises no error.
    """
    if table not in SEALED:
        raise RuntimeError(f"{table} is not registered as sealed: destruction would not find it")
    prepared: list[Callable[[int, Any], bytes]] = []

    def seal_row(row: int, payload: Any) -> bytes:
        if not prepared:
            prepared.append(sealing.sealer(keys().cohort_key(cohort), table=table, cohort=cohort))
        return prepared[0](row, payload)

    return seal_row


def unseal(table: str, row: int, cohort: date, blob: bytes | None) -> Any:
    """Open the blob of a row.

    Raises:
        IdentityDestroyed: the key of that day, or the blob, is gone.
    """
    if blob is None:
        raise IdentityDestroyed
    return sealing.unseal(keys().cohort_key(cohort), blob, table=table, row=row, cohort=cohort)


def find_unsealed(table: str, row: int, cohort: date, blob: bytes | None) -> Any | None:
    """Open the blob of a row, or return None once its identity was destroyed."""
    try:
        return unseal(table, row, cohort, blob)
    except IdentityDestroyed:
        return None


def seal_setting(name: str, content: bytes) -> bytes:
    """Seal a secret of the installation (a source's key, a password), bound to `name`; no day's end destroys it."""
    return sealing.wrap(keys().index_key(SETTINGS_KEY), name=name, key=content)


def unseal_setting(name: str, blob: bytes) -> bytes:
    """Open what `seal_setting` sealed under the same name."""
    return sealing.unwrap(keys().index_key(SETTINGS_KEY), name=name, wrapped=blob)


def blind(kind: str, value: str) -> bytes:
    """Return the blind index of a normalised `value` of `kind`, with the current index key."""
    return sealing.blind(keys().index_key(kind), value)


def blinder(kinds: Iterable[str]) -> Callable[[str, str], bytes]:
    """Return a function like `blind` for values of these kinds, with their keys fetched once: for many values."""
    by_kind = {kind: sealing.blinder(keys().index_key(kind)) for kind in kinds}

    def blind_value(kind: str, value: str) -> bytes:
        return by_kind[kind](value)

    return blind_value


def blind_all(kind: str, values: Iterable[str]) -> list[bytes]:
    """Return the blind indexes of many values of one kind."""
    return list(map(sealing.blinder(keys().index_key(kind)), values))


def index_key_id() -> int:
    """Return the id of the index key that `blind` uses, stored beside each blind index."""
    return CURRENT_INDEX_KEY


def destroy_cohort(cohort: date, *, by: int | None, at: datetime) -> None:
    """Destroy the key of a day, then clear the data it leaves: sealed blobs and blind indexes.

    The key store commits first; if this process dies before the clearing, `clear_destroyed` finishes it.
    """
    keys().destroy(cohort)
    clear_cohort(cohort)
    events.record("vault.cohort_destroyed", by=by, at=at, cohort=cohort.isoformat())


def clear_destroyed() -> int:
    """Clear any data that destroyed days left; returns how many days were checked. Idempotent."""
    cohorts = keys().destroyed_cohorts()
    for cohort in cohorts:
        clear_cohort(cohort)
    return len(cohorts)
