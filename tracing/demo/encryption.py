"""Encryption on the portal's side of the demo: a key pair for the site, and an extract encrypted for it (CMS)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from tracing.kernel.secrets import write_private


def make_key_pair(folder: Path, *, at: datetime) -> tuple[bytes, bytes]:
    """Return the demo site's private key and certificate (PEM), made at the first call and stored with mode 0600."""
    key_file, certificate_file = folder / "demo-site.key.pem", folder / "demo-site.cert.pem"
    if not key_file.exists() or not certificate_file.exists():
        key, certificate = new_key_pair("Demo site", at=at)
        write_private(key_file, key)
        write_private(certificate_file, certificate)
    return key_file.read_bytes(), certificate_file.read_bytes()


def new_key_pair(holder: str, *, at: datetime) -> tuple[bytes, bytes]:
    """Return a new private key and its certificate (PEM), without storing them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at.astimezone(UTC) - timedelta(days=1))
        .not_valid_after(at.astimezone(UTC) + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


def encrypt(content: bytes, certificate: bytes) -> bytes:
    """Return `content` as CMS EnvelopedData (DER, AES-256-CBC) for the holder of a certificate."""
    recipient = x509.load_pem_x509_certificate(certificate)
    return (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(content)
        .add_recipient(recipient)
        .set_content_encryption_algorithm(AES256)
        .encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
