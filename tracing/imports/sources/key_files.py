"""Read key files: detect their kind by content, check a key by using it once, and compute its fingerprint."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pyrage
import pysequoia
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from flask_babel import gettext as _

from tracing.imports.decryption.secrets import AGE_FILE, KeyKind, age_identities, key_kind
from tracing.imports.models import KeyUse
from tracing.imports.sources.errors import KeyRefused

LARGEST_KEY_FILE = 256 * 1024
_PGP_PUBLIC = b"-----BEGIN PGP PUBLIC KEY BLOCK"
_PROBE = b"probe"


@dataclass(frozen=True)
class KeyRead:
    """A proposed key: the secret parts to seal, and what may be shown of it."""

    use: KeyUse
    secret: dict[str, str] = field(repr=False)
    """By part: `key`, `certificate`, `password`. Sealed at once, never shown."""
    fingerprint: str = ""
    """SHA-256 of the public part, in hexadecimal."""
    about: dict[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


def read_private_key(content: bytes, *, certificate: bytes = b"", passphrase: str = "") -> KeyRead:
    """Read the file of a private key: PEM with its certificate (CMS), OpenPGP, or age.

    Raises:
        KeyRefused: it is no private key, or it is protected by a passphrase that was not given.
    """
    if not content.strip():
        raise KeyRefused(_("Ce fichier est vide."))
    if len(content) > LARGEST_KEY_FILE:
        raise KeyRefused(_("Ce fichier est trop grand pour une clé."))
    if content.startswith(AGE_FILE):
        return _read_age(_without_passphrase(content, passphrase))
    if _PGP_PUBLIC in content:
        raise KeyRefused(_("C’est une clé publique OpenPGP. Il faut la clé secrète, qui ouvre les fichiers."))
    match key_kind(content):
        case KeyKind.AGE:
            return _read_age(content)
        case KeyKind.OPENPGP:
            return _read_openpgp(content)
    if b"PRIVATE KEY-----" in content:
        return _read_cms(content, certificate or content, passphrase)
    if b"BEGIN CERTIFICATE" in content:
        raise KeyRefused(_("C’est un certificat seul. Il faut aussi la clé privée, qui ouvre les fichiers."))
    raise KeyRefused(_("Ce fichier n’est pas une clé connue : attendus PEM, OpenPGP ou age."))


def read_signer(content: bytes) -> KeyRead:
    """Read what verifies a sender's signature: a certificate, PEM or DER, or an OpenPGP public key."""
    if len(content) > LARGEST_KEY_FILE:
        raise KeyRefused(_("Ce fichier est trop grand pour un certificat."))
    if b"PRIVATE KEY" in content:
        raise KeyRefused(
            _("C’est une clé privée. Il faut ce qui est public : un certificat de l’expéditeur.")
        )
    if _PGP_PUBLIC in content:
        return _read_openpgp_signer(content)
    try:
        certificate = _load_certificate(content)
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise KeyRefused(
            _("Ce fichier n’est ni un certificat (PEM ou DER) ni une clé publique OpenPGP.")
        ) from cause
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return KeyRead(KeyUse.SIGNER, {"certificate": pem}, **_told_of(certificate))


def read_password(password: str) -> KeyRead:
    """Return a password as a key; nothing of it may be shown, not even a fingerprint."""
    return KeyRead(KeyUse.PASSWORD, {"password": password})


def grouped(fingerprint: str) -> list[str]:
    """Return a fingerprint in groups of four, as it is read aloud."""
    return [fingerprint[start : start + 4].upper() for start in range(0, len(fingerprint), 4)]


def _read_cms(content: bytes, certificate_file: bytes, passphrase: str) -> KeyRead:
    """Read a PEM private key and its certificate; the key is stored without its passphrase, sealed."""
    try:
        key = serialization.load_pem_private_key(content, passphrase.encode() or None)
    except TypeError as cause:
        sentence = (
            _("Cette clé n’a pas de phrase secrète : laissez ce champ vide.")
            if passphrase
            else _("Cette clé est protégée par une phrase secrète : tapez-la, elle sert une fois.")
        )
        raise KeyRefused(sentence, "passphrase") from cause
    except ValueError as cause:
        if passphrase:
            raise KeyRefused(_("Cette phrase secrète n’ouvre pas la clé."), "passphrase") from cause
        raise KeyRefused(_("Cette clé privée ne peut pas être lue (PEM).")) from cause
    except UnsupportedAlgorithm as cause:
        raise KeyRefused(_("Cette sorte de clé n’est pas prise en charge : attendues RSA ou EC.")) from cause
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyRefused(_("Cette sorte de clé n’est pas prise en charge : attendues RSA ou EC."))
    try:
        certificate = _load_certificate(certificate_file)
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise KeyRefused(_("Joignez le certificat de cette clé (PEM)."), "certificate") from cause
    if certificate.public_key() != key.public_key():
        raise KeyRefused(_("Ce certificat n’est pas celui de cette clé."), "certificate")
    clear = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return KeyRead(KeyUse.CMS, {"key": clear.decode(), "certificate": pem}, **_told_of(certificate))


def _load_certificate(content: bytes) -> x509.Certificate:
    if b"-----BEGIN" in content:
        return x509.load_pem_x509_certificate(content)
    return x509.load_der_x509_certificate(content)


def _told_of(certificate: x509.Certificate) -> dict[str, Any]:
    """Return what may be shown of a certificate."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    return {
        "fingerprint": sha256(der).hexdigest(),
        "about": {"holder": _common_name(certificate.subject), "issuer": _common_name(certificate.issuer)},
        "expires_at": certificate.not_valid_after_utc,
    }


def _common_name(name: x509.Name) -> str:
    """Return the common name of a certificate's holder."""
    named = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else name.rfc4514_string()


def _read_openpgp(content: bytes) -> KeyRead:
    """Read an OpenPGP secret key, and check that it can encrypt and decrypt."""
    with _library_errors(_("Cette clé OpenPGP ne peut pas être lue.")):
        key = pysequoia.Tsk.from_bytes(content)
        public = key.extract_certificate()
    with _library_errors(
        _(
            "Cette clé OpenPGP ne peut pas déchiffrer : elle est périmée, révoquée ou faite pour signer seulement."
        )
    ):
        probe = pysequoia.encrypt(recipients=[public], bytes=_PROBE)
    with _library_errors(
        _(
            "Cette clé OpenPGP est protégée par une phrase secrète, ou incomplète. Exportez-la sans phrase secrète."
        )
    ):
        pysequoia.decrypt(decryptor=key.decryptor(), bytes=probe)
    return KeyRead(KeyUse.OPENPGP, {"key": content.decode("latin-1")}, **_told_of_openpgp(public))


def _read_openpgp_signer(content: bytes) -> KeyRead:
    """Read the OpenPGP public key of a signer."""
    with _library_errors(_("Cette clé OpenPGP ne peut pas être lue.")):
        public = pysequoia.Cert.from_bytes(content)
    return KeyRead(KeyUse.SIGNER, {"certificate": content.decode("latin-1")}, **_told_of_openpgp(public))


def _told_of_openpgp(public: pysequoia.Cert) -> dict[str, Any]:
    """Return what may be shown of an OpenPGP key."""
    return {
        "fingerprint": sha256(bytes(public)).hexdigest(),
        "about": {"holder": ", ".join(map(str, public.user_ids)), "own_fingerprint": public.fingerprint},
        "expires_at": public.expiration.astimezone(UTC) if public.expiration else None,
    }


def _read_age(content: bytes) -> KeyRead:
    """Read the first identity of an age file."""
    written = age_identities(content)
    with _library_errors(_("Cette identité age ne peut pas être lue.")):
        identity = pyrage.x25519.Identity.from_str(written[0] if written else "")
    recipient = str(identity.to_public())
    return KeyRead(
        KeyUse.AGE,
        {"key": str(identity)},
        fingerprint=sha256(recipient.encode()).hexdigest(),
        about={"recipient": recipient},
    )


def _without_passphrase(content: bytes, passphrase: str) -> bytes:
    """Decrypt an age identity that is itself encrypted with a passphrase."""
    if not passphrase:
        raise KeyRefused(
            _("Cette clé est protégée par une phrase secrète : tapez-la, elle sert une fois."), "passphrase"
        )
    try:
        return bytes(pyrage.passphrase.decrypt(content, passphrase))
    except pyrage.DecryptError as cause:
        raise KeyRefused(_("Cette phrase secrète n’ouvre pas la clé."), "passphrase") from cause


@contextmanager
def _library_errors(sentence: str) -> Iterator[None]:
    """Turn every error of a library into one sentence: the library's own message may quote the key."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    except (RuntimeError, ValueError, TypeError, OSError, pyrage.IdentityError):
        raise KeyRefused(sentence) from None
