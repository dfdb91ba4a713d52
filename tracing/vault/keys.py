"""The keys while the process runs: read from the key store, unwrapped, kept five minutes at most."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import func

from tracing.vault import sealing
from tracing.vault.errors import IdentityDestroyed
from tracing.vault.models import CohortKey, IndexKey, MasterKey

KEY_BYTES = 32
CACHE_SECONDS = 300.0
CURRENT_INDEX_KEY = 1


@dataclass
class KeyRing:
    """Cohort keys and index keys of one key store.

    A cohort key is committed to the store before its first use: a row can never be sealed under a key that
    a crash then loses.
    """

    engine: Engine
    master: bytes = field(repr=False)
    elapsed: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, bytes]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def cohort_key(self, cohort: date) -> bytes:
        """Return the key of a day, making it if this is its first use.

        Raises:
            IdentityDestroyed: the key of that day was destroyed.
        """
        return self._cached(f"cohort:{cohort.isoformat()}", lambda name: self._load_cohort(name, cohort))

    def index_key(self, kind: str, key_id: int = CURRENT_INDEX_KEY) -> bytes:
        """Return the key of one kind of blind index, making it if this is its first use."""
        return self._cached(f"index:{kind}:{key_id}", lambda name: self._load_index(name, kind, key_id))

    def destroy(self, cohort: date) -> None:
        """Destroy the key of a day for ever. Whatever was sealed under it can never be read again."""
        with self.engine.begin() as store:
            store.execute(
                insert(CohortKey)
                .values(cohort=cohort, wrapped=None, created_at=func.now(), destroyed_at=func.now())
                .on_conflict_do_nothing()
            )
            store.execute(
                update(CohortKey)
                .where(CohortKey.cohort == cohort, CohortKey.destroyed_at.is_(None))
                .values(wrapped=None, destroyed_at=func.now())
            )
        with self._lock:
            self._kept.pop(f"cohort:{cohort.isoformat()}", None)

    def opens_store(self) -> bool:
        """Return whether the master key is the one of the store: one row is read. An error of the store is raised."""
        with self.engine.connect() as store:
            kept = store.scalar(select(MasterKey.verifier))
        return kept is not None and sealing.verifies(self.master, kept)

    def destroyed_cohorts(self) -> list[date]:
        """Return the days whose key is gone, for the job that clears what they left."""
        with self.engine.connect() as store:
            return list(store.scalars(select(CohortKey.cohort).where(CohortKey.destroyed_at.is_not(None))))

    def _cached(self, name: str, load: Callable[[str], bytes]) -> bytes:
        with self._lock:
            kept = self._kept.get(name)
            if kept and self.elapsed() - kept[0] < CACHE_SECONDS:
                return kept[1]
        key = load(name)
        with self._lock:
            self._kept[name] = (self.elapsed(), key)
        return key

    def _load_cohort(self, name: str, cohort: date) -> bytes:
        fresh = sealing.wrap(self.master, name=name, key=os.urandom(KEY_BYTES))
        with self.engine.begin() as store:
            wrapped = store.execute(
                select(CohortKey.wrapped, CohortKey.destroyed_at).where(CohortKey.cohort == cohort)
            ).one_or_none()
            if wrapped is None:
                store.execute(
                    insert(CohortKey)
                    .values(cohort=cohort, wrapped=fresh, created_at=func.now())
                    .on_conflict_do_nothing()
                )
                wrapped = store.execute(
                    select(CohortKey.wrapped, CohortKey.destroyed_at).where(CohortKey.cohort == cohort)
                ).one()
        if wrapped.wrapped is None:
            raise IdentityDestroyed
        return sealing.unwrap(self.master, name=name, wrapped=wrapped.wrapped)

    def _load_index(self, name: str, kind: str, key_id: int) -> bytes:
        fresh = sealing.wrap(self.master, name=name, key=os.urandom(KEY_BYTES))
        chosen = select(IndexKey.wrapped).where(IndexKey.kind == kind, IndexKey.id == key_id)
        with self.engine.begin() as store:
            wrapped = store.scalar(chosen)
            if wrapped is None:
                store.execute(
                    insert(IndexKey)
                    .values(id=key_id, kind=kind, wrapped=fresh, created_at=func.now())
                    .on_conflict_do_nothing()
                )
                wrapped = store.scalar(chosen)
        if wrapped is None:
            raise RuntimeError(f"the key store did not keep {name}")
        return sealing.unwrap(self.master, name=name, wrapped=wrapped)
