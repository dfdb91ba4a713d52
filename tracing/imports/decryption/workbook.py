"""Excel workbooks: decrypt with a password, and check the archive before anything is unpacked."""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import msoffcrypto
from msoffcrypto.exceptions import InvalidKeyError

from tracing.imports.refusal_codes import CannotRead, Refusal

MOST_SPINS = 1_000_000
MOST_BYTES = 200_000_000
MOST_TIMES_LARGER = 100
MOST_MEMBERS = 1_000
_SMALL_MEMBER = 1_000_000
_LONGEST_INFO = 100_000
_SECTOR = 512
_AGILE = b"\x04\x00\x04\x00"
_SPINS = re.compile(rb"spinCount\s*=\s*[\"']\s*(\d+)\s*[\"']")
_MACROS = re.compile(r"vbaproject|macrosheets/|vbadata", re.IGNORECASE)
_BROKEN_PARTS = (OSError, ValueError, KeyError, IndexError, TypeError, ArithmeticError)


def open_protected(content: bytes, passwords: Sequence[str]) -> bytes:
    """Decrypt a protected workbook with the first password that opens it, and verify its integrity."""
    if len(content) % _SECTOR:
        raise CannotRead(Refusal.DAMAGED)
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(content))
        _check_protection(office)
    except CannotRead:
        raise
    # Whatever error the library raises, the bytes came from outside: no other exception may leave this function.
    except Exception as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
    if not passwords:
        raise CannotRead(Refusal.PASSWORD_MISSING)
    for password in passwords:
        if _unlocks(office, password):
            return _decrypted(office)
    raise CannotRead(Refusal.WRONG_PASSWORD)


def _check_protection(office: Any) -> None:
    """Refuse anything but agile encryption, before running its hash rounds, whose number the file chooses."""
    streams = {"/".join(path) for path in office.file.listdir()} if hasattr(office.file, "listdir") else set()
    if "EncryptionInfo" not in streams:
        raise CannotRead(Refusal.NOT_YET_OPENED, container="Excel 97-2003 (.xls)")
    information = office.file.openstream("EncryptionInfo").read(_LONGEST_INFO + 1)
    spins = [int(number) for number in _SPINS.findall(information)]
    agile = information.startswith(_AGILE) and len(information) <= _LONGEST_INFO
    if not agile or b"<!" in information or not spins or max(spins) > MOST_SPINS:
        raise CannotRead(Refusal.WEAK_ENCRYPTION)


def _unlocks(office: Any, password: str) -> bool:
    """Return whether the password opens the workbook."""
    try:
        office.load_key(password=password, verify_password=True)
    except InvalidKeyError:
        return False
    except Exception as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
    return True


def _decrypted(office: Any) -> bytes:
    """Return the decrypted workbook after verifying its integrity."""
    clear = io.BytesIO()
    try:
        office.decrypt(clear, verify_integrity=True)
    except Exception as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
    return clear.getvalue()


def check_members(content: bytes) -> None:
    """Refuse bombs, macros and unsafe names, by the archive's table of contents alone: nothing is unpacked yet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, *_BROKEN_PARTS) as cause:
        raise CannotRead(Refusal.DAMAGED) from cause
    names = [member.filename for member in members]
    if len(members) > MOST_MEMBERS or _is_bomb(members):
        raise CannotRead(Refusal.TOO_LARGE)
    if any(map(_MACROS.search, names)):
        raise CannotRead(Refusal.MACROS)
    if len(set(names)) < len(names) or any(_is_trick(member) for member in members):
        raise CannotRead(Refusal.DAMAGED)
    if "xl/workbook.xml" not in names:
        raise CannotRead(Refusal.UNKNOWN_CONTAINER)


def _is_bomb(members: Sequence[zipfile.ZipInfo]) -> bool:
    """Return whether the unpacked size is out of proportion."""
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    return (
        unpacked > MOST_BYTES
        or unpacked > MOST_TIMES_LARGER * max(packed, 1)
        or any(
            member.file_size > max(_SMALL_MEMBER, MOST_TIMES_LARGER * member.compress_size)
            for member in members
        )
    )


def _is_trick(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is itself encrypted or its name leads out of the archive."""
    return bool(member.flag_bits & 1) or member.filename.startswith("/") or ".." in member.filename
