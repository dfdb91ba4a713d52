"""One PostgreSQL cluster and its server: created, started, adopted, shared between processes and stopped here.

Only the binaries of a wheel are used. Everything lies under `<data folder>/postgres`: `data` (the
cluster), `run` (the socket), `log`, and two lock files. `start.lock` is held while the server is being
started or stopped. `users.lock` is shared by every process that uses the server, so that the last one to
leave stops it; a process that is killed releases its lock too.
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
"""Only names the socket file; no TCP port is opened."""
LONGEST_SOCKET_PATH = 100
"""The kernel limits a socket path to 107 bytes; this leaves some room."""
START_SECONDS = 300
"""Crash recovery of a large database takes minutes; giving up on it would not help."""
TRIES = 20
"""Attempts to start: processes of a killed server need some seconds to exit, and a new server refuses till then."""
FIRST_WITH_BUILTIN_LOCALE = 17
EVERY_ROLE = (roles.OWNER, roles.APPLICATION, roles.PUBLIC_PAGES)
STATUS_LINE = 7
"""Line of the server's lock file that holds its status, counted from 0."""
VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only: written data does not survive a power cut."""


class Cluster:
    """One PostgreSQL data folder and the programs that serve it."""

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
        """Hold the start lock: wait until no other process starts or stops the server, and keep others out."""
        descriptor = _open_lock(self._home / "start.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def join(self) -> int:
        """Count this process as a user of the server for as long as the returned file descriptor is open."""
        descriptor = _open_lock(self._home / "users.lock")
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def leave(self, share: int) -> None:
        """Stop being a user of the server; the last user stops it. Call it inside `exclusively`."""
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
        """Create a cluster in a temporary folder and rename it: a kill in between leaves no half-made cluster."""
        for abandoned in self._home.glob("new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)  # a killed process's initdb may be deleting it too
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
        """Return initdb options to compare UTF-8 text by code point: the same whatever the machine's C library."""
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
        """Return options to listen on a socket in our own folder, or on a free local port if its path is too long."""
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
        """Return sizes for a small machine, and log settings under which no value of a row can appear in the log."""
        return {
            "max_connections": "200",
            "shared_buffers": "128MB",
            # else the session that begins a new WAL file fills it with zeros and waits for the disk: 30 to 100 ms
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
            "log_error_verbosity": "terse",  # the detail of a broken constraint quotes the row's values
        }

    def _clear_traces_of_the_dead(self) -> None:
        """Remove the lock files of a killed server whose process number now belongs to another process.

        PostgreSQL checks only the number. It still refuses to start while a process of the old server holds
        the shared memory, which it recognises by the data folder.
        """
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        for lock in self._sockets.glob(".s.PGSQL.*"):
            lock.unlink(missing_ok=True)

    def _becomes_ready(self) -> bool:
        """Wait until a server started by another process answers; return False if that process gave up."""
        deadline = time.monotonic() + START_SECONDS
        while state := self._postmaster():
            if len(state) > STATUS_LINE and state[STATUS_LINE].strip() == "ready":
                return True
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL runs but does not answer. Its log is in {self._log}.")
            time.sleep(0.1)
        return False

    # -- inspecting ---------------------------------------------------------------------------------

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
        """Return whether the process in the lock file is alive and works in our folder."""
        state = self._postmaster()
        if not state:
            return False
        try:
            if Path("/proc/self/cwd").exists():
                # Run as the server's own user: root in a container may not inspect another user's process.
                self._runner.run("test", f"/proc/{int(state[0])}/cwd", "-ef", self._data)
            else:
                os.kill(int(state[0]), 0)
        except (ProgramFailed, OSError, ValueError):
            return False
        return True

    def url(self, role: str, database: str) -> str:
        """Return the URL with which this role connects to this database of the running server."""
        state = self._postmaster()
        port, sockets, host = int(state[3]), state[4].strip(), state[5].strip()
        address = URL.create("postgresql+psycopg", role, self._password(role), database=database)
        if sockets:
            address = address.update_query_dict({"host": sockets, "port": str(port)})
        else:
            address = address.set(host=host, port=port)
        scheme, rest = address.render_as_string(hide_password=False).split("://", 1)
        return f"{scheme}://{rest.replace('+', '%20')}"  # libpq takes a plus sign literally

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
        """Create the roles, or reset their passwords to those in the secrets folder."""
        with self._admin(ADMIN) as admin:
            roles.prepare_roles(admin, {role: self._password(role) for role in EVERY_ROLE})

    def prepare_databases(self, *names: str) -> None:
        """Create the databases, owned by the owner role, unless they exist."""
        with self._admin(ADMIN) as admin:
            for name in names:
                roles.create_database(admin, name)
        for name in names:
            with self._admin(name) as inside:
                roles.grant_schema(inside)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
