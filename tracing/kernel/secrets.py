"""Secrets made at first run and kept in files that only this process's user may read."""

import os
import secrets
from pathlib import Path

from tracing.kernel.config import CannotStart

OTHERS = 0o077
"""The permission bits of group and others: none may be set on a secret."""


def load_or_create(path: Path, size: int = 32) -> bytes:
    """Return the random bytes kept at path; create them first if the file does not exist.

    Two processes that start at the same time end up with the same secret: each writes its own temporary file, and only
    one can link it to the final name. The bytes are on disk before the name is.
    """
    make_private_folder(path.parent)
    if not path.exists():
        _publish(path, secrets.token_bytes(size))
    return _read_private(path, size)


def load(path: Path, size: int = 32) -> bytes | None:
    """Return the random bytes kept at path, or None if there is no file. Never creates one."""
    if not path.exists():
        return None
    make_private_folder(path.parent)
    return _read_private(path, size)


def load_or_create_token(path: Path, size: int = 32) -> str:
    """Return the secret kept at path as letters and digits, for a password or a signing key."""
    return load_or_create(path, size).hex()


def flask_secret_key(data_dir: Path) -> str:
    """Return the key that signs forms and cookies."""
    return load_or_create_token(data_dir / "secrets" / "flask_secret_key")


def database_password(data_dir: Path, role: str) -> str:
    """Return the password of a role of the embedded database server."""
    return load_or_create_token(data_dir / "secrets" / f"database_{role}")


def public_pages_key(data_dir: Path) -> Path:
    """Return the file of the one key that the process of the public pages has."""
    return data_dir / "secrets" / "public_pages_key"


def write_public_pages_key(data_dir: Path, key: bytes) -> None:
    """Write that key where its process reads it; another one there belonged to other data."""
    path = public_pages_key(data_dir)
    if path.exists() and load(path, len(key)) != key:
        path.unlink()
    write_private(path, key)


def write_private(path: Path, content: bytes) -> None:
    """Store a secret from elsewhere so that only this process's user may read it; never replaces an existing one."""
    make_private_folder(path.parent)
    _publish(path, content)


def make_private_folder(folder: Path) -> None:
    """Create a folder for secrets that no other user may enter; refuse an existing one that others can enter."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & OTHERS:
        raise CannotStart(f"Other users can enter {folder}, which holds secrets. Run: chmod 700 {folder}")


def _publish(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another process was first; its secret is used
    finally:
        draft.unlink()
    sync_folder(path.parent)


def _read_private(path: Path, size: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(file.fileno()).st_mode & OTHERS:
            raise CannotStart(f"Other users can read the secret {path}. Run: chmod 600 {path}")
        content = file.read()
    if len(content) != size:
        raise CannotStart(f"The secret {path} is damaged: put back its {size} bytes from your backup.")
    return content


def sync_folder(folder: Path) -> None:
    """Make a new file name in a folder survive a power cut (fsync of the folder)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
