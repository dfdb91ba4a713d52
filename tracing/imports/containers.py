"""What a file is, told by its content and never by its name; opened in memory only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tracing.imports import cms, workbooks
from tracing.imports.refusals import CannotRead, Refusal

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_KNOWN_ELSEWHERE = (
    (b"age-encryption.org/", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "age"),
    (b"-----BEGIN PGP MESSAGE", "OpenPGP"),
    (b"-----BEGIN PKCS7", "CMS (PEM)"),
    (b"-----BEGIN CMS", "CMS (PEM)"),
    (b"MIME-Version:", "S/MIME"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x84", "OpenPGP"),
    (b"\x85", "OpenPGP"),
    (b"\xc1", "OpenPGP"),
)
_TEXT_HEAD = 4_096
MOST_PASSWORDS = 10


class Container(StrEnum):
    """What protected the file on its way."""

    CMS = "cms"
    PROTECTED_WORKBOOK = "xlsx"


@dataclass(frozen=True)
class Secrets:
    """What may open a file. Never stored, never logged: it does not even print."""

    private_key: bytes = field(default=b"", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Opened:
    """A container's clear content: a workbook or delimited text."""

    container: Container
    content: bytes = field(repr=False)

    @property
    def is_workbook(self) -> bool:
        """Say whether the content is a workbook rather than text."""
        return self.content.startswith(_ZIP)


def open_container(content: bytes, secrets: Secrets) -> Opened:
    """Open a container or refuse it."""
    if not content:
        raise CannotRead(Refusal.EMPTY)
    if content.startswith(_OLE):
        clear = workbooks.open_protected(content, secrets.passwords)
        opened = Opened(Container.PROTECTED_WORKBOOK, clear)
    elif cms.looks_like_cms(content):
        clear = cms.open_cms(content, secrets.private_key, secrets.certificate)
        opened = Opened(Container.CMS, clear)
    else:
        raise _not_a_container(content)
    if opened.is_workbook:
        workbooks.check_members(opened.content)
    return opened


def _not_a_container(content: bytes) -> CannotRead:
    """Return why a file that we do not open is refused: plain, protected in another way, or nothing known."""
    if content.startswith(_ZIP):
        flags = content[6:7] or b"\0"  # a torn file may end before them
        encrypted = flags[0] & 1
        return (
            CannotRead(Refusal.NOT_YET_OPENED, container="ZIP")
            if encrypted
            else CannotRead(Refusal.NOT_ENCRYPTED)
        )
    for beginning, container in _KNOWN_ELSEWHERE:
        if content.startswith(beginning):
            return CannotRead(Refusal.NOT_YET_OPENED, container=container)
    return CannotRead(Refusal.NOT_ENCRYPTED if _is_text(content) else Refusal.UNKNOWN_CONTAINER)


def _is_text(content: bytes) -> bool:
    """Say whether somebody could read this in an editor: then it was sent in clear."""
    head = content[:_TEXT_HEAD]
    if head.startswith(_BOMS):
        return True
    control = sum(byte < 0x20 and byte not in b"\t\r\n" for byte in head)
    return control == 0 and head.count(b"\n") > 0


def passwords_in(text: str, file_name: str) -> tuple[str, ...]:
    """Return the passwords to try from a password file, the likeliest first.

    The file holds one password, or lines of a file name and its password.
    """
    lines = [line.strip("\r\n") for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    named = [_second_word(line) for line in lines if line.split()[0] == file_name]
    tried = [*named, *lines, *(_second_word(line) for line in lines)] if not any(named) else named
    return tuple(dict.fromkeys(password for password in tried if password))[:MOST_PASSWORDS]


def _second_word(line: str) -> str:
    """Return what follows the first word of a line."""
    return "".join(line.split(maxsplit=1)[1:]).strip()


def secrets_from(
    *, private_key: bytes = b"", certificate: bytes = b"", passwords: Sequence[str] = ()
) -> Secrets:
    """Gather what may open a file; a key file may hold its certificate too."""
    if not certificate and b"BEGIN CERTIFICATE" in private_key:
        certificate = private_key
    return Secrets(private_key, certificate, tuple(passwords))
