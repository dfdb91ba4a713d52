"""Detect what a file is by its content, never by its name, and open it layer by layer, in memory only.

Runs in the reading process. A library is imported only when a file needs it: some take longer to load than most files
take to read.
"""

from dataclasses import dataclass, field

from tracing.imports.decryption.secrets import AGE_FILE, Container, Secrets
from tracing.imports.refusal_codes import CannotRead, Refusal

MOST_LAYERS = 8
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_KNOWN_ELSEWHERE = ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "RAR"))
_TEXT_HEAD = 4_096


@dataclass(frozen=True)
class Opened:
    """The clear content of a container: a workbook, delimited text or messages."""

    container: Container
    content: bytes = field(repr=False)

    @property
    def is_workbook(self) -> bool:
        """Return whether the content is a workbook rather than text."""
        return self.content.startswith(_ZIP)


@dataclass(repr=False)
class Layers:
    """The layers removed so far: which one was the outermost encryption, and whether one was signed."""

    content: bytes = field(repr=False)
    secrets: Secrets
    container: Container | None = None
    is_signed: bool = False

    def take_off(self) -> bool:
        """Remove one layer; return False if there is none left."""
        content = self.content
        if content.startswith(_OLE):
            self._open_workbook()
        elif content.startswith(_ZIP):
            return self._open_archive()
        elif not (self._take_off_mail() or self._open_cms() or self._open_age()):
            return self._open_openpgp()
        return True

    def _open_workbook(self) -> None:
        from tracing.imports.decryption import workbook

        self._opened(Container.PROTECTED_WORKBOOK)
        self.content = workbook.open_protected(self.content, self.secrets.passwords)

    def _open_archive(self) -> bool:
        """Open an archive, an unencrypted one only inside an encrypted layer; a workbook is content, not an archive."""
        from tracing.imports.decryption import zip_archive

        if self.container is None and not zip_archive.is_encrypted(self.content):
            raise CannotRead(Refusal.NOT_ENCRYPTED)
        if not zip_archive.is_archive(self.content):
            return False
        self._opened(Container.ZIP)
        self.content = zip_archive.open_archive(self.content, self.secrets.passwords)
        return True

    def _take_off_mail(self) -> bool:
        """Remove the MIME or PEM encoding that carries CMS through mail."""
        from tracing.imports.decryption import mime

        if mime.is_pem(self.content):
            self.content = mime.from_pem(self.content)
        elif mime.is_mime(self.content):
            entity = mime.entity_of(self.content)
            if entity.is_signed and self._verifies:
                self._verify(is_mime=True)
            else:
                self.content = mime.first_part(entity) if entity.is_signed else entity.body
        else:
            return False
        return True

    def _open_cms(self) -> bool:
        if self.content[:1] != b"\x30":
            return False
        from tracing.imports.decryption import cms

        match cms.kind_of(self.content):
            case None:
                return False
            case cms.Kind.SIGNED if self._verifies:
                self._verify()
            case cms.Kind.SIGNED:
                self.content = cms.without_signature(self.content)
            case cms.Kind.ENVELOPED | cms.Kind.AUTHENTICATED:
                self._opened(Container.CMS)
                self.content = cms.open_envelope(self.content, self.secrets.private_keys)
            case _:
                raise CannotRead(Refusal.NOT_YET_OPENED, container="CMS (EnvelopedData)")
        return True

    def _open_age(self) -> bool:
        if not self.content.startswith(AGE_FILE):
            return False
        from tracing.imports.decryption import age

        self._opened(Container.AGE)
        self.content = age.open_age(self.content, self.secrets.age)
        return True

    def _open_openpgp(self) -> bool:
        if not (self.content[:1] >= b"\x80" or self.content.startswith(b"-----BEGIN PGP ")):
            return False
        from tracing.imports.decryption import openpgp

        if self.content.startswith(_BOMS) or not openpgp.looks_like_openpgp(self.content):
            return False
        self._opened(Container.OPENPGP)
        secrets = self.secrets
        signers = openpgp.public_keys_in(secrets.signers) if secrets.needs_signature else []
        clear = openpgp.open_message(self.content, secrets.openpgp, secrets.passwords, signers)
        self.content, self.is_signed = clear.content, self.is_signed or clear.is_signed
        return True

    @property
    def _verifies(self) -> bool:
        """Return whether a signature must be verified; if not, it is removed unread."""
        return self.secrets.needs_signature

    def _verify(self, *, is_mime: bool = False) -> None:
        """Replace signed data by its content, after verifying that the signature is the source's."""
        from tracing.imports.decryption import openssl

        signers = [signer for signer in self.secrets.signers if b"BEGIN CERTIFICATE" in signer]
        if not signers:
            raise CannotRead(Refusal.SIGNER_MISSING)
        self.content = openssl.verified(self.content, signers, is_mime=is_mime)
        self.is_signed = True

    def _opened(self, container: Container) -> None:
        """Remember the outermost layer that encrypts."""
        self.container = self.container or container


def open_container(content: bytes, secrets: Secrets) -> Opened:
    """Open a container or refuse it."""
    if not content:
        raise CannotRead(Refusal.EMPTY)
    if secrets.is_sealed_here and _begins_like_messages(content):
        if secrets.needs_signature:
            raise CannotRead(Refusal.UNSIGNED)
        return Opened(Container.CONNECTION, content)
    layers = Layers(content, secrets)
    del content  # it is as large as the content it decrypts to
    _take_all_off(layers)
    if layers.container is None:
        raise _not_a_container(layers.content)
    if secrets.needs_signature and not layers.is_signed:
        raise CannotRead(Refusal.UNSIGNED if secrets.signers else Refusal.SIGNER_MISSING)
    opened = Opened(layers.container, layers.content)
    if opened.is_workbook:
        from tracing.imports.decryption import workbook

        workbook.check_members(opened.content)
    return opened


def is_clear_text(content: bytes) -> bool:
    """Return whether the first bytes of a file already tell that it was sent in clear text."""
    from tracing.imports.decryption import mime

    is_wrapped = (
        content.startswith((*AGE_FILE, b"-----BEGIN ")) or mime.is_pem(content) or mime.is_mime(content)
    )
    return not is_wrapped and _is_text(content)


def _begins_like_messages(content: bytes) -> bool:
    """Return whether a file may be HL7 messages; what else came in clear text is refused."""
    return content[:16].lstrip(b"\x0b\r\n \xef\xbb\xbf").startswith((b"MSH", b"BHS", b"FHS"))


def _take_all_off(layers: Layers) -> None:
    """Remove every layer; refuse a file that has too many of them."""
    try:
        for _ in range(MOST_LAYERS):
            if not layers.take_off():
                return
    except BaseException as cause:
        # Two of the libraries are written in Rust: their panics arrive as an exception class that is not part of
        # Python and cannot be imported by name.
        if type(cause).__name__ != "PanicException":
            raise
        raise CannotRead(Refusal.DAMAGED) from cause
    raise CannotRead(Refusal.DAMAGED)


def _not_a_container(content: bytes) -> CannotRead:
    """Return why a file that we do not open is refused: in clear text, protected in another way, or unknown."""
    for beginning, container in _KNOWN_ELSEWHERE:
        if content.startswith(beginning):
            return CannotRead(Refusal.NOT_YET_OPENED, container=container)
    return CannotRead(Refusal.NOT_ENCRYPTED if _is_text(content) else Refusal.UNKNOWN_CONTAINER)


def _is_text(content: bytes) -> bool:
    """Return whether the file is readable text: then it was sent in clear."""
    head = content[:_TEXT_HEAD]
    if head.startswith(_BOMS):
        return True
    control = sum(byte < 0x20 and byte not in b"\t\r\n" for byte in head)
    return control == 0 and head.count(b"\n") > 0
