"""Migrated databases of a test run: one pair is migrated, every other one is a copy of it.

A migration from the first table on takes seconds, a copy a tenth of one.
"""

import os
from dataclasses import dataclass

from psycopg import sql

from tracing.kernel.postgres import migrate
from tracing.kernel.postgres.cluster import ADMIN
from tracing.kernel.postgres.embedded import Server
from tracing.kernel.postgres.roles import OWNER


@dataclass(frozen=True)
class Ways:
    """The addresses of a main database and of its key store, for their owner and for the application."""

    owner_url: str
    url: str
    keys_owner_url: str
    keys_url: str


class Databases:
    """Makes migrated databases on one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._pattern: str | None = None

    def add(self, name: str) -> Ways:
        """Make a main database of this name, and its key store."""
        if self._pattern is None:
            # one for each process: a worker of the run never waits for another one
            pattern = f"migrated_{os.getpid()}"
            (main, _), (keys, _) = (
                self._server.add_database(pattern),
                self._server.add_database(_keys(pattern)),
            )
            migrate.upgrade(main, keys)
            self._pattern = pattern
        owner_url, url = self.copy(self._pattern, name)
        keys_owner_url, keys_url = self.copy(_keys(self._pattern), _keys(name))
        return Ways(owner_url, url, keys_owner_url, keys_url)

    def copy(self, pattern: str, name: str) -> tuple[str, str]:
        """Copy a database to which nobody is connected; return the addresses of its owner and of the application."""
        cluster = self._server._cluster
        assert cluster is not None
        with cluster._admin(ADMIN) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    *map(sql.Identifier, (name, pattern, OWNER))
                )
            )
        return self._server.add_database(name)


def _keys(name: str) -> str:
    return f"{name}_keys"
