"""One cluster of PostgreSQL data and the server on it: made, started, adopted, shared and stopped here.

Only the binaries of a wheel are used. Everything lies under `<data folder>/postgres`: `data` (the
cluster), `run` (the socket), `log`, and two lock files. `start.lock` is held while the server is being
started or stopped; `users.lock` is shared by every process that uses it, so that the last one to leave
stops the server, and a process that was killed has left too.
"""

import fcntl
import os
import secrets
import shlex
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from tracing.kernel.config import CannotStart
from tracing.kernel.postgres import roles
from tracing.kernel.postgres.programs import ProgramFailed, Runner, choose_runner, find_programs
from tracing.kernel.secrets import database_password, sync_folder

ADMIN = "postgres"
SOCKET_PORT = 5432
"""Names the socket file; no port of the machine is opened."""
LONGEST_SOCKET_PATH = 100
"""The kernel ends a socket's path at 107 bytes; some room is left."""
START_SECONDS = 300
"""Crash recovery of a large database takes minutes, and giving up on it would help nobody."""
TRIES = 20
"""Processes of a server that was killed need some seconds to notice it; a new one refuses to start till then."""
FIRST_WITH_BUILTIN_LOCALE = 17
STATUS_LINE = 7
"""Of the server's lock file, counted from 0."""
VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only: what is written does not survive a power cut."""


class Cluster:
    """One folder of PostgreSQL data with the programs that serve it."""

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        self._secrets_of = data_dir
        self._home = data_dir / "postgres"
        self._data = self._home / "data"
        self._sockets = self._home / "run"
        self._log = self._home / "log"
        self._durable = durable
        self._home.mkdir(mode=0o755, exist_ok=True)
        self._programs = find_programs(self._major())
        self._runner = self._choose_runner()
        for folder in (self._sockets, self._log):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._runner.own(folder)

    # -- sharing ---------------------------------------------------------------------------------

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Wait until no other process starts or stops the server, and keep them out."""
        descriptor = _open_lock(self._home / "start.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def join(self) -> int:
        """Count this process among the users of the server, for as long as the result is open."""
        descriptor = _open_lock(self._home / "users.lock")
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def leave(self, share: int) -> None:
        """Stop being a user; the last one stops the server. Call it `exclusively`."""
        try:
            fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            if self._is_running():
                self._pg_ctl("stop", "-m", "fast", "-w", "-t", "60")
        finally:
            os.close(share)

    # -- starting --------------------------------------------------------------------------------

    def start(self) -> None:
        """Create the cluster if there is none, start it if it is down, and wait until it answers."""
        if not self._data.exists():
            self._create()
        for tries_left in reversed(range(TRIES)):
            if self._is_running() and self._becomes_ready():
                return
            self._clear_traces_of_the_dead()
            try:
                self._start_once()
            except ProgramFailed as failure:
                if not tries_left:
                    raise CannotStart(
                        f"PostgreSQL does not start: {failure}\nIts log is in {self._log}."
                    ) from failure
                time.sleep(1)
            else:
                return

    def _create(self) -> None:
        """Make a cluster beside its place and move it there whole: a kill in the middle leaves no half."""
        for abandoned in self._home.glob("new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)  # its initdb may still be cleaning up as well
        draft = self._home / f"new-{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        self._runner.own(draft)
        password_file = self._sockets / "first-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password(ADMIN), encoding="ascii")
        self._runner.own(password_file)
        try:
            self._runner.run(
                self._programs / "initdb",
                *("-D", draft, "-U", ADMIN, "--pwfile", password_file, "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--data-checksums", "--no-instructions", "--locale", "C"),
                *self._locale(),
                timeout=START_SECONDS,
            )
        except ProgramFailed as failure:
            raise CannotStart(f"PostgreSQL could not create its data folder: {failure}") from failure
        finally:
            password_file.unlink()
        draft.rename(self._data)
        sync_folder(self._home)

    def _locale(self) -> tuple[str, ...]:
        """Compare text by code point in UTF-8, the same on every machine, whatever its C library has."""
        if self._programs.major < FIRST_WITH_BUILTIN_LOCALE:
            return ()
        return ("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8")

    def _start_once(self) -> None:
        options = {**self._address(), **self._options(), **({} if self._durable else VOLATILE)}
        words = shlex.join(word for name, value in options.items() for word in ("-c", f"{name}={value}"))
        first_words = self._log / "start.log"
        first_words.unlink(missing_ok=True)
        try:
            self._pg_ctl("start", "-w", "-t", str(START_SECONDS), "-l", str(first_words), "-o", words)
        except ProgramFailed as failure:
            said = first_words.read_text(encoding="utf-8", errors="replace") if first_words.exists() else ""
            raise ProgramFailed(said.strip() or str(failure)) from failure

    def _address(self) -> dict[str, str]:
        """Listen on a socket file in our own folder, or on a free local port where its path is too long."""
        path = f"{self._sockets}/.s.PGSQL.{SOCKET_PORT}"
        if len(os.fsencode(path)) < LONGEST_SOCKET_PATH:
            quoted = str(self._sockets).replace('"', '""')
            return {
                "listen_addresses": "",
                "port": str(SOCKET_PORT),
                "unix_socket_directories": f'"{quoted}"',
                "unix_socket_permissions": "0700",
            }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        return {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}

    def _options(self) -> dict[str, str]:
        """Set sizes for a small machine, and a log in which no value of any row can appear."""
        return {
            "max_connections": "200",
            "shared_buffers": "128MB",
            # whoever begins a new file of the log would fill all of it and wait for the disk: 30 to 100 ms
            "wal_init_zero": "off",
            "timezone": "UTC",
            "password_encryption": "scram-sha-256",
            "logging_collector": "on",
            "log_directory": str(self._log),
            "log_filename": "postgresql-%a.log",
            "log_truncate_on_rotation": "on",
            "log_rotation_size": "0",
            "log_file_mode": "0600",
            "log_timezone": "UTC",
            "log_statement": "none",
            "log_min_duration_statement": "-1",
            "log_min_error_statement": "panic",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_error_verbosity": "terse",  # the detail of a broken constraint repeats the row's values
        }

    def _clear_traces_of_the_dead(self) -> None:
        """Remove the lock files of a killed server whose process number something else has now.

        PostgreSQL looks only at the number. It still refuses to start while any process of the old server
        holds the shared memory, which it recognises by the data folder.
        """
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        for lock in self._sockets.glob(".s.PGSQL.*"):
            lock.unlink(missing_ok=True)

    def _becomes_ready(self) -> bool:
        """Wait until a server that someone else started answers; false when it gave up."""
        deadline = time.monotonic() + START_SECONDS
        while state := self._postmaster():
            if len(state) > STATUS_LINE and state[STATUS_LINE].strip() == "ready":
                return True
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL runs but does not answer. Its log is in {self._log}.")
            time.sleep(0.1)
        return False

    # -- what is there -----------------------------------------------------------------------------

    def _major(self) -> int | None:
        version = self._data / "PG_VERSION"
        if not self._data.exists():
            return None
        try:
            return int(version.read_text(encoding="ascii"))
        except (OSError, ValueError):
            raise CannotStart(
                f"{self._data} is not a data folder this user can read. Start as the user who owns it, "
                + "or set TRACING_DATA_DIR."
            ) from None

    def _choose_runner(self) -> Runner:
        holder = self._data if self._data.exists() else self._secrets_of
        return choose_runner(holder.stat().st_uid, self._programs / "postgres", self._home)

    def _postmaster(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _is_running(self) -> bool:
        """Say whether the process in the lock file is alive and works in our folder."""
        state = self._postmaster()
        if not state:
            return False
        try:
            if Path("/proc/self/cwd").exists():
                # Asked as the server's own user: root in a container may not look into another user's process.
                self._runner.run("test", f"/proc/{int(state[0])}/cwd", "-ef", self._data)
            else:
                os.kill(int(state[0]), 0)
        except (ProgramFailed, OSError, ValueError):
            return False
        return True

    def url(self, role: str, database: str) -> str:
        """Return the address at which this role finds this database of the running server."""
        state = self._postmaster()
        port, sockets, host = int(state[3]), state[4].strip(), state[5].strip()
        address = URL.create("postgresql+psycopg", role, self._password(role), database=database)
        if sockets:
            address = address.update_query_dict({"host": sockets, "port": str(port)})
        else:
            address = address.set(host=host, port=port)
        scheme, rest = address.render_as_string(hide_password=False).split("://", 1)
        return f"{scheme}://{rest.replace('+', '%20')}"  # libpq reads a plus sign as itself

    def _password(self, role: str) -> str:
        return database_password(self._secrets_of, role)

    def _pg_ctl(self, *words: str) -> str:
        return self._runner.run(
            self._programs / "pg_ctl", *words, "-D", self._data, timeout=START_SECONDS + 30
        )

    # -- roles and databases -----------------------------------------------------------------------

    def _admin(self, database: str) -> roles.Connection:
        url = self.url(ADMIN, database).replace("+psycopg", "", 1)
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError as error:
            raise CannotStart(
                f"The embedded database refuses us: {error}. Do the secrets in {self._secrets_of} belong to it?"
            ) from error

    def prepare_roles(self) -> None:
        """Create the two roles, or set their passwords to those in the secrets again."""
        with self._admin(ADMIN) as admin:
            roles.prepare_roles(
                admin, {role: self._password(role) for role in (roles.OWNER, roles.APPLICATION)}
            )

    def prepare_databases(self, *names: str) -> None:
        """Create databases that belong to the owner, unless they are there."""
        with self._admin(ADMIN) as admin:
            for name in names:
                roles.create_database(admin, name)
        for name in names:
            with self._admin(name) as inside:
                roles.grant_schema(inside)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
