"""The database roles (one owns the tables, one uses them, one only checks), the databases, and their rights."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

OWNER = "tracing_owner"
"""Owns databases and tables, changes them in migrations, never serves a page."""
APPLICATION = "tracing_app"
"""Serves pages and runs jobs; owns nothing."""
PUBLIC_PAGES = "tracing_public"
"""Serves the public pages: executes two functions and has no right on any table (`migrate.PUBLIC_FUNCTIONS`)."""
MAIN_DATABASE = "tracing"
KEYS_DATABASE = "tracing_keys"

LIMITS = {"idle_in_transaction_session_timeout": "10s", "statement_timeout": "30s", "lock_timeout": "5s"}
"""A forgotten open transaction keeps old row versions alive and slows down every claim, so the server ends it."""

SHORT_LIMITS = {"idle_in_transaction_session_timeout": "5s", "statement_timeout": "5s", "lock_timeout": "2s"}
"""A public page needs milliseconds; whoever floods it must not keep the server busy."""

Connection = psycopg.Connection[tuple[Any, ...]]


def prepare_roles(admin: Connection, passwords: Mapping[str, str]) -> None:
    """Create the roles if they are missing, and set their passwords and limits."""
    existing = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
    for role, password in passwords.items():
        verb = "ALTER" if role in existing else "CREATE"
        admin.execute(
            sql.SQL(
                verb
                + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}"
            ).format(sql.Identifier(role), sql.Literal(password))
        )
    for role, limits in ((APPLICATION, LIMITS), (PUBLIC_PAGES, SHORT_LIMITS)):
        for name, value in limits.items():
            admin.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
                )
            )
    # lets bulk inserts check their foreign keys one column at a time instead of row by row (kernel.bulk_copy)
    admin.execute(
        sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(sql.Identifier(APPLICATION))
    )


def create_database(admin: Connection, name: str) -> None:
    """Create a database owned by the owner role unless it exists; only the owner and the application may connect to it."""
    database = sql.Identifier(name)
    if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, sql.Identifier(OWNER)))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APPLICATION)))


def grant_schema(inside: Connection) -> None:
    """Let the owner create tables in this database's schema and the application use them."""
    owner, application = sql.Identifier(OWNER), sql.Identifier(APPLICATION)
    inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner))
    inside.execute(sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    inside.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(application))
