"""Backup of both databases to a folder, and restore from it. The master key is copied separately."""

import hashlib
import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text

from tracing.app.runtime import master_key_path
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.postgres.embedded import Server, ensure_server
from tracing.kernel.postgres.programs import ENVIRONMENT, all_programs, major_of
from tracing.kernel.secrets import load, make_private_folder, sync_folder, write_private
from tracing.vault import sealing

MAIN_DUMP = "tracing.dump"
KEYS_DUMP = "tracing_keys.dump"
CONTENTS = "backup.json"
"""Written last: a folder without it is an incomplete backup."""


def back_up(settings: Settings, folder: Path, *, key_to: Path | None, at: datetime) -> None:
    """Save both databases in `folder`, and the master key in `key_to` if given; pages may be served meanwhile.

    The main database is saved first, so that the key store's dump has the key of every identity in it.

    Raises:
        CannotStart: a folder is in use, the master key is missing, or PostgreSQL's program failed.
    """
    folder = _fresh(folder)
    if key_to is not None:
        key_to = key_to.expanduser().resolve()
        if key_to == folder or folder in key_to.parents or key_to in folder.parents:
            raise CannotStart("The key must not lie with the data it opens: choose a folder elsewhere.")
    key = _existing_key(master_key_path(settings))
    if key_to is not None:
        if (key_to / "master.key").exists():
            raise CannotStart(f"There is a key already: {key_to / 'master.key'}. Choose another folder.")
        make_private_folder(key_to)  # fail now, not after the data was written
    server = ensure_server(settings)
    try:
        for name, url in ((MAIN_DUMP, server.owner_url), (KEYS_DUMP, server.keys_owner_url)):
            with _new_file(folder / name) as file:
                _run("pg_dump", "--format=custom", url=url, stdout=file)
                os.fsync(file)
    finally:
        server.stop()
    if key_to is not None:
        write_private(key_to / "master.key", key)
    contents = {
        "made_at": at.isoformat(timespec="seconds"),
        "key": sealing.fingerprint(key),
        "files": {name: _digest_of(folder / name) for name in (MAIN_DUMP, KEYS_DUMP)},
    }
    write_private(folder / CONTENTS, json.dumps(contents).encode())
    sync_folder(folder)


def restore(settings: Settings, folder: Path, *, key: Path | None) -> None:
    """Fill two empty databases from a backup; afterwards the platform starts as it was.

    Raises:
        CannotStart: the backup is incomplete or mixed with another one, the key is missing or not the right one, or
            the databases are not empty.
    """
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CannotStart(f"{folder} holds no complete backup: {CONTENTS} is missing or damaged.") from None
    for name, digest in contents["files"].items():
        if not (folder / name).exists() or _digest_of(folder / name) != digest:
            raise CannotStart(
                f"{folder / name} is missing, damaged or of another backup: nothing was restored."
            )
    target = master_key_path(settings)
    master = _existing_key(key if key is not None else target)
    if contents["key"] != sealing.fingerprint(master):
        raise CannotStart("This master key does not open this backup. Give the right one: --key FILE")
    if target.exists() and _existing_key(target) != master:
        raise CannotStart(f"{target} is another key. Restore into an empty data folder.")
    server = ensure_server(settings)
    try:
        _refuse_unless_empty(server)
        write_private(target, master)
        for name, url in ((KEYS_DUMP, server.keys_owner_url), (MAIN_DUMP, server.owner_url)):
            with (folder / name).open("rb") as file:
                options = ("--no-owner", "--single-transaction", "--exit-on-error")
                _run("pg_restore", *options, url=url, stdin=file.fileno())
    finally:
        server.stop()


def _fresh(folder: Path) -> Path:
    """Make the folder of a backup, readable by its owner only; a folder in use is refused."""
    folder = folder.expanduser().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CannotStart(f"{folder} is not empty: each backup has a folder of its own.")
    folder.chmod(0o700)
    return folder


def _existing_key(path: Path) -> bytes:
    """Read a master key, and never make one."""
    key = load(path)
    if key is None:
        raise CannotStart(f"The master key is missing: {path}. Without it no identity can be read.")
    return key


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_unless_empty(server: Server) -> None:
    for url in (server.owner_url, server.keys_owner_url):
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        with engine.connect() as connection:
            if connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")):
                raise CannotStart("The databases are not empty. Restore into an empty data folder.")


class _new_file:  # noqa: N801 - used as a function
    """A file of a backup, open for writing, that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _named(url: str) -> str:
    """Return an address for PostgreSQL's programs without its password: every user can see arguments."""
    return (
        make_url(url)
        .set(drivername="postgresql")
        ._replace(password=None)
        .render_as_string()
        .replace("+", "%20")
    )


def _run(program: str, *words: str, url: str, stdin: int | None = None, stdout: int | None = None) -> None:
    """Run one of PostgreSQL's programs on a database."""
    finished = subprocess.run(
        [_program(program, _major_of_server(url)), *words, f"--dbname={_named(url)}"],
        check=False,
        env=ENVIRONMENT | {"PGPASSWORD": make_url(url).password or ""},
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=subprocess.DEVNULL if stdout is None else stdout,
        stderr=subprocess.PIPE,
    )
    if finished.returncode:
        said = finished.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise CannotStart(f"{program} failed: {said[0]}")


def _program(name: str, server: int) -> Path:
    """Return the program of the server's version, or of the next newer one: older ones refuse to work."""
    found = {programs.major: programs / name for programs in all_programs()}
    if here := shutil.which(name):
        found.setdefault(major_of(Path(here)), Path(here))
    fitting = [major for major in found if major >= server]
    if not fitting:
        raise CannotStart(f"{name} of PostgreSQL {server} is needed: install postgresql-client-{server}.")
    return found[min(fitting)]


def _major_of_server(url: str) -> int:
    with create_engine(url, poolclass=NullPool, hide_parameters=True).connect() as connection:
        return int(connection.scalar(text("SHOW server_version_num"))) // 10_000
