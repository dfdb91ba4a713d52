"""Seal, open and look up, with the keys of the running process."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from tracing.kernel import events
from tracing.vault import sealing
from tracing.vault.errors import IdentityDestroyed
from tracing.vault.keys import CURRENT_INDEX_KEY, KeyRing
from tracing.vault.registry import SEALED, clear_cohort

SETTINGS_KEY = "settings"
"""The key of the key store under which the installation's own secrets are sealed."""

_opened: list[KeyRing] = []


def open_vault(ring: KeyRing) -> None:
    """Use these keys for the life of this process."""
    _opened[:] = [ring]


def keys() -> KeyRing:
    """Return the keys in use; a command that never opened the vault is a defect."""
    if not _opened:
        raise RuntimeError("the vault is not open: call open_vault first")
    return _opened[0]


def master_key_opens() -> bool:
    """Return whether the master key of this process opens the key store: one row is read, for a readiness check.

    An error of the store's database is raised.
    """
    return keys().opens_store()


def seal(table: str, row: int, cohort: date, payload: Any) -> bytes:
    """Seal `payload` for a row of `table` under the key of the day it was collected."""
    if table not in SEALED:
        raise RuntimeError(f"{table} is not registered as sealed: destruction would not find it")
    return sealing.seal(keys().cohort_key(cohort), table=table, row=row, cohort=cohort, payload=payload)


def sealer(table: str, cohort: date) -> Callable[[int, Any], bytes]:
    """Return what seals payloads for rows of `table` under the key of one day: `seal` for many rows.

    The key is asked for at the first row: of a destroyed day nothing can be sealed, and nothing need be.
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
    """Seal a secret of the installation (a source's key, a password), bound to `name`; no day destroys it."""
    return sealing.wrap(keys().index_key(SETTINGS_KEY), name=name, key=content)


def unseal_setting(name: str, blob: bytes) -> bytes:
    """Open what `seal_setting` sealed under the same name."""
    return sealing.unwrap(keys().index_key(SETTINGS_KEY), name=name, wrapped=blob)


def blind(kind: str, value: str) -> bytes:
    """Return the blind index of a normalised `value` of `kind`, under the index key in use."""
    return sealing.blind(keys().index_key(kind), value)


def blinder(kinds: Iterable[str]) -> Callable[[str, str], bytes]:
    """Return what `blind` does for values of these kinds, with their keys at hand: for many values."""
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
    """Destroy the key of a day, then clear what it leaves: sealed blobs and blind indexes.

    The key store commits first; if this process dies before the clearing, `clear_destroyed` finishes it.
    """
    keys().destroy(cohort)
    clear_cohort(cohort)
    events.record("vault.cohort_destroyed", by=by, at=at, cohort=cohort.isoformat())


def clear_destroyed() -> int:
    """Clear again whatever destroyed days left behind; returns how many days were looked at. Idempotent."""
    cohorts = keys().destroyed_cohorts()
    for cohort in cohorts:
        clear_cohort(cohort)
    return len(cohorts)
