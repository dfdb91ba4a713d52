"""Secrets made at first run and kept in files that only this process's user may read."""

import os
import secrets
from pathlib import Path

from tracing.kernel.config import CannotStart

OTHERS = 0o077
"""The permission bits of everyone but the owner: none may be set on a secret."""


def load_or_create(path: Path, size: int = 32) -> bytes:
    """Return the random bytes kept at path, making them first if there are none.

    Two processes that start at once agree: each writes a file of its own, and only one can link it to
    the final name. The bytes are on the disk before the name is.
    """
    make_private_folder(path.parent)
    if not path.exists():
        _publish(path, secrets.token_bytes(size))
    return _read_private(path, size)


def load(path: Path, size: int = 32) -> bytes | None:
    """Return the random bytes kept at path, or None where there is no file: none is made."""
    if not path.exists():
        return None
    make_private_folder(path.parent)
    return _read_private(path, size)


def load_or_create_token(path: Path, size: int = 32) -> str:
    """Return the secret kept at path in letters and digits, for a password or a signing key."""
    return load_or_create(path, size).hex()


def flask_secret_key(data_dir: Path) -> str:
    """Return the key that signs forms and cookies."""
    return load_or_create_token(data_dir / "secrets" / "flask_secret_key")


def database_password(data_dir: Path, role: str) -> str:
    """Return the password of a role of the embedded server."""
    return load_or_create_token(data_dir / "secrets" / f"database_{role}")


def write_private(path: Path, content: bytes) -> None:
    """Keep a secret that somebody else made, where only this process's user may read it; the first one stays."""
    make_private_folder(path.parent)
    _publish(path, content)


def make_private_folder(folder: Path) -> None:
    """Make a folder for secrets, which nobody else may enter; one that others can enter is refused."""
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
            return  # another process was quicker; its secret is the one
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
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
