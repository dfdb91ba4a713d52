"""What a file is, told by its content and never by its name; opened in memory only, in the reading process."""

from dataclasses import dataclass, field

from tracing.imports import cms, workbooks
from tracing.imports.containers import Container, Secrets
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
        clear = cms.open_cms(content, secrets.private_keys)
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
