"""The file of a form that had an error: kept sealed for some minutes, so that its sender need not choose it again."""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert

from tracing.imports.models import ImportUpload
from tracing.kernel.db import session
from tracing.vault import services as vault

KEEP = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True, repr=False)
class Upload:
    """What was chosen in the form: a file, and the key file and certificate for it, if any."""

    file_name: str = ""
    content: bytes = b""
    key: bytes = b""
    certificate: bytes = b""

    def __bool__(self) -> bool:
        """Return whether anything was chosen."""
        return bool(self.file_name or self.key or self.certificate)

    def over(self, kept: Self | None) -> Self:
        """Return what was chosen now, and of what was kept the rest."""
        if kept is None:
            return self
        with_file = self if self.file_name else replace(self, file_name=kept.file_name, content=kept.content)
        if self.key or self.certificate:
            return with_file
        return replace(with_file, key=kept.key, certificate=kept.certificate)


def keep(upload: Upload, *, by: int, at: datetime) -> str:
    """Keep what a member chose, in the place of what was kept for them before; returns what to ask for it with."""
    token = secrets.token_urlsafe(16)
    parts = (upload.content, upload.key, upload.certificate)
    head = json.dumps([len(part) for part in parts]).encode()
    sealed = vault.seal_setting(_seal_name(by, token), b"\n".join((head, b"".join(parts))))
    values = {"token": token, "file_name": upload.file_name[:200], "content": sealed, "kept_until": at + KEEP}
    session.execute(
        upsert(ImportUpload)
        .values(member_id=by, **values)
        .on_conflict_do_update(index_elements=[ImportUpload.member_id], set_=values)
    )
    return token


def find(token: str, *, by: int, at: datetime) -> Upload | None:
    """Return what was kept for a member's form, or None if it is gone or another form's."""
    kept = session.get(ImportUpload, by)
    if kept is None or kept.kept_until <= at or not secrets.compare_digest(kept.token, token):
        return None
    head, _, content = vault.unseal_setting(_seal_name(by, token), kept.content).partition(b"\n")
    file, key, certificate = json.loads(head)
    return Upload(
        file_name=kept.file_name,
        content=content[:file],
        key=content[file : file + key],
        certificate=content[file + key : file + key + certificate],
    )


def forget(*, by: int) -> None:
    """Delete what was kept for a member: it was received."""
    session.execute(delete(ImportUpload).where(ImportUpload.member_id == by))


def remove_old(*, at: datetime) -> None:
    """Delete what nobody came back for."""
    session.execute(delete(ImportUpload).where(ImportUpload.kept_until <= at))


def _seal_name(by: int, token: str) -> str:
    return f"upload:{by}:{token}"
