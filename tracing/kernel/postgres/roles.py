"""The two database roles (one owns the tables, one only uses them), the databases, and their rights."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

OWNER = "tracing_owner"
"""Owns databases and tables, changes them in migrations, never serves a page."""
APPLICATION = "tracing_app"
"""Serves pages and runs jobs; owns nothing."""
MAIN_DATABASE = "tracing"
KEYS_DATABASE = "tracing_keys"

LIMITS = {"idle_in_transaction_session_timeout": "10s", "statement_timeout": "30s", "lock_timeout": "5s"}
"""A forgotten open transaction keeps old row versions alive and slows down every claim, so the server ends it."""

Connection = psycopg.Connection[tuple[Any, ...]]


def prepare_roles(admin: Connection, passwords: Mapping[str, str]) -> None:
    """Create both roles if they are missing, and set their passwords and limits."""
    existing = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
    for role, password in passwords.items():
        verb = "ALTER" if role in existing else "CREATE"
        admin.execute(
            sql.SQL(
                verb
                + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}"
            ).format(sql.Identifier(role), sql.Literal(password))
        )
    for name, value in LIMITS.items():
        admin.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(APPLICATION), sql.Identifier(name), sql.Literal(value)
            )
        )
    # lets bulk inserts check their foreign keys one column at a time instead of row by row (kernel.bulk_copy)
    admin.execute(
        sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(sql.Identifier(APPLICATION))
    )


def create_database(admin: Connection, name: str) -> None:
    """Create a database owned by the owner role unless it exists; only the two roles may connect to it."""
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
