"""The keys of a running process: read from the key store, unwrapped, cached for five minutes at most.

A key is created only if nothing was ever sealed or blinded with one of its name (`vault.key_uses`).
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn, TypeVar

import structlog
from sqlalchemy import Engine, Row, Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import func

from tracing.vault import key_uses, sealing
from tracing.vault.errors import IdentityDestroyed, KeyLost
from tracing.vault.models import CohortKey, IndexKey, MasterKey

T = TypeVar("T")

KEY_BYTES = 32
CACHE_SECONDS = 300.0
CURRENT_INDEX_KEY = 1

log = structlog.get_logger()


def cohort_name(cohort: date) -> str:
    """Return the name to which the wrapped key of a day is bound."""
    return f"cohort:{cohort.isoformat()}"


def index_name(kind: str, key_id: int) -> str:
    """Return the name to which a wrapped index key is bound."""
    return f"index:{kind}:{key_id}"


@dataclass
class KeyRing:
    """Cohort keys and index keys of one key store.

    A cohort key is committed to the store before its first use: a row can never be sealed with a key that
    a crash then loses.
    """

    engine: Engine
    master: bytes = field(repr=False)
    elapsed: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, bytes]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def cohort_key(self, cohort: date) -> bytes:
        """Return the key of a day, creating it at its first use.

        Raises:
            IdentityDestroyed: the key of that day was destroyed.
            KeyLost: the store lacks the key of a day that has rows.
        """
        return self._cached(cohort_name(cohort), lambda name: self._load_cohort(name, cohort))

    def index_key(self, kind: str, key_id: int = CURRENT_INDEX_KEY) -> bytes:
        """Return the key of one kind of blind index, creating it at its first use.

        Raises:
            KeyLost: the store lacks a key with which blind indexes were made.
        """
        return self._cached(index_name(kind, key_id), lambda name: self._load_index(name, kind, key_id))

    def destroy(self, cohort: date) -> None:
        """Destroy the key of a day for ever. Nothing that was sealed with it can ever be read again."""
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
            self._kept.pop(cohort_name(cohort), None)

    def opens_store(self) -> bool:
        """Return whether the master key is the store's, by reading one row. An error of the store is raised."""
        with self.engine.connect() as store:
            kept = store.scalar(select(MasterKey.verifier))
        return kept is not None and sealing.verifies(self.master, kept)

    def destroyed_cohorts(self) -> list[date]:
        """Return the days whose key was destroyed, for the job that clears their data."""
        with self.engine.connect() as store:
            return list(store.scalars(select(CohortKey.cohort).where(CohortKey.destroyed_at.is_not(None))))

    def kept_cohorts(self) -> list[date]:
        """Return the days whose key is there, the oldest first."""
        with self.engine.connect() as store:
            return list(
                store.scalars(
                    select(CohortKey.cohort)
                    .where(CohortKey.destroyed_at.is_(None))
                    .order_by(CohortKey.cohort)
                )
            )

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
        chosen = select(CohortKey.wrapped).where(CohortKey.cohort == cohort)
        kept = self._row(chosen)
        if kept is None and key_uses.day_has_rows(cohort):
            # a row exists only after its key is in the store: another host may just have created both
            kept = self._row(chosen) or self._lost(name)
        if kept is None:
            with self.engine.begin() as store:
                store.execute(
                    insert(CohortKey)
                    .values(cohort=cohort, wrapped=self._fresh(name), created_at=func.now())
                    .on_conflict_do_nothing()
                )
                kept = store.execute(chosen).one()
        if kept.wrapped is None:
            raise IdentityDestroyed
        return sealing.unwrap(self.master, name=name, wrapped=kept.wrapped)

    def _load_index(self, name: str, kind: str, key_id: int) -> bytes:
        chosen = select(IndexKey.wrapped).where(IndexKey.kind == kind, IndexKey.id == key_id)
        kept = self._row(chosen)
        if kept is None and (kind, key_id) in key_uses.index_keys():
            kept = self._row(chosen) or self._lost(name)
        if kept is None:
            with self.engine.begin() as store:
                store.execute(
                    insert(IndexKey)
                    .values(id=key_id, kind=kind, wrapped=self._fresh(name), created_at=func.now())
                    .on_conflict_do_nothing()
                )
                kept = store.execute(chosen).one()
        return sealing.unwrap(self.master, name=name, wrapped=kept.wrapped)

    def _row(self, chosen: Select[T]) -> Row[T] | None:
        with self.engine.connect() as store:
            return store.execute(chosen).one_or_none()

    @staticmethod
    def _lost(name: str) -> NoReturn:
        log.error("key lost", key=name)
        raise KeyLost

    def _fresh(self, name: str) -> bytes:
        return sealing.wrap(self.master, name=name, key=os.urandom(KEY_BYTES))
