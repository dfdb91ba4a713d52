"""ZIP archives: one file encrypted with AES, or one file inside another container; nothing else."""

import io
import zipfile
from collections.abc import Sequence

import pyzipper

from tracing.imports.limits import MOST_BYTES
from tracing.imports.refusal_codes import CannotRead, Refusal

MOST_TIMES_LARGER = 100
_ENCRYPTED = 1
_SMALL = 1_000_000
_MAGIC = b"PK\x03\x04"
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 1 << 20
_OFFICE = "[Content_Types].xml"


def is_archive(content: bytes) -> bool:
    """Return whether this is a ZIP archive and not an office document."""
    return content.startswith(_MAGIC) and _OFFICE not in _names(content)


def is_encrypted(content: bytes) -> bool:
    """Return whether the first file in an archive is encrypted, strongly or weakly."""
    flags = content[6:7] or b"\0"  # a truncated file may end before them
    return bool(flags[0] & _ENCRYPTED)


def open_archive(content: bytes, passwords: Sequence[str]) -> bytes:
    """Return the only file of an archive, decrypted and unpacked."""
    try:
        with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
            member = _only_member(archive.infolist())
            _refuse_strange(member)
            if member.flag_bits & _ENCRYPTED:
                return _unlocked(archive, member, passwords)
            return _read(archive, member)
    except CannotRead:
        raise
    # Whatever error the library raises, the bytes came from outside: no other exception may leave this function.
    except Exception as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _names(content: bytes) -> list[str]:
    """Return the file names in an archive, without unpacking anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except Exception as cause:
        raise CannotRead(Refusal.DAMAGED) from cause


def _only_member(members: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Return the only file, or refuse: with several, a row number would be ambiguous."""
    files = [member for member in members if not member.filename.endswith("/")]
    if len(files) != 1:
        raise CannotRead(Refusal.SEVERAL_FILES)
    return files[0]


def _refuse_strange(member: zipfile.ZipInfo) -> None:
    """Refuse weak encryption, rare compression methods and bombs, by the table of contents alone."""
    is_aes = getattr(member, "wz_aes_version", None) is not None
    if member.flag_bits & _ENCRYPTED and not is_aes:
        raise CannotRead(Refusal.WEAK_ENCRYPTION)
    if member.compress_type not in _READABLE:
        raise CannotRead(Refusal.NOT_YET_OPENED, container="ZIP (compression)")
    most = max(_SMALL, MOST_TIMES_LARGER * member.compress_size)
    if member.file_size > min(MOST_BYTES, most):
        raise CannotRead(Refusal.TOO_LARGE)


def _unlocked(archive: pyzipper.AESZipFile, member: zipfile.ZipInfo, passwords: Sequence[str]) -> bytes:
    """Read with the first password that fits."""
    if not passwords:
        raise CannotRead(Refusal.PASSWORD_MISSING)
    for password in passwords:
        archive.setpassword(password.encode())
        try:
            opened = archive.open(member)
        except RuntimeError:
            continue
        opened.close()
        return _read(archive, member)
    raise CannotRead(Refusal.WRONG_PASSWORD)


def _read(archive: pyzipper.AESZipFile, member: zipfile.ZipInfo) -> bytes:
    """Unpack the file piece by piece, whatever size it declares, and verify its authentication code at the end."""
    clear = io.BytesIO()
    with archive.open(member) as packed:
        while piece := packed.read(_PIECE):
            if clear.tell() + len(piece) > MOST_BYTES:
                raise CannotRead(Refusal.TOO_LARGE)
            clear.write(piece)
    content = clear.getvalue()
    if content.startswith(_MAGIC) and _OFFICE not in _names(content):
        raise CannotRead(Refusal.SEVERAL_FILES)
    return content
