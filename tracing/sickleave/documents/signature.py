"""Signs a paper as PDF (PAdES): whoever changes a day of it is found out by any reader of PDF.

What makes it PDF/A and PDF/UA stays as it is: the signature is appended, and its field is invisible and out of the page.
"""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509 as made
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tracing.kernel.redaction import redacted

VALID_FOR = timedelta(days=730)
"""How long a new key signs; what it signed is checked against its certificate for as long as anybody keeps the paper."""
RESERVED = 8192
"""Bytes for the signature: without it, a dummy is signed first to learn how many."""


@redacted
@dataclass(frozen=True)
class SigningKey:
    """A private key (PKCS#8) and its certificate, both DER."""

    secret: bytes
    certificate: bytes


def make_key(name: str, *, serial: str, at: datetime) -> SigningKey:
    """Make a key on P-256 with a certificate of its own, for an organisation by this name; `serial` tells sites apart."""
    secret = ec.generate_private_key(ec.SECP256R1())
    subject = made.Name(
        [
            made.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            made.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
            made.NameAttribute(NameOID.COMMON_NAME, name[:64]),
            made.NameAttribute(NameOID.SERIAL_NUMBER, serial),
        ]
    )
    signs_only = made.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        made.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(made.random_serial_number())
        .not_valid_before(at - timedelta(minutes=5))
        .not_valid_after(at + VALID_FOR)
        .add_extension(signs_only, critical=True)
        .add_extension(made.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    return SigningKey(
        secret.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate.public_bytes(serialization.Encoding.DER),
    )


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate in hexadecimal."""
    return made.load_der_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def as_pem(certificate: bytes) -> str:
    """Return a certificate as those who check signatures import it."""
    loaded = made.load_der_x509_certificate(certificate)
    return loaded.public_bytes(serialization.Encoding.PEM).decode("ascii")


def sign(pdf: bytes, key: SigningKey) -> bytes:
    """Return a paper with the signature appended; it allows no later change."""
    # half a second to load, and most processes sign nothing
    from asn1crypto import keys, x509
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    from tracing.sickleave.documents.appending import Appending

    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(key.certificate),
        signing_key=keys.PrivateKeyInfo.load(key.secret),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    about = signers.PdfSignatureMetadata(
        field_name="Signature",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    # PDF/A wants a field that is printed, PDF/UA one that is tagged or out of the page
    out_of_the_page = fields.InvisSigSettings(set_print_flag=True, box_out_of_bounds=True)
    signed = io.BytesIO()
    signers.sign_pdf(
        Appending(io.BytesIO(pdf)),
        about,
        signer,
        new_field_spec=fields.SigFieldSpec("Signature", invis_sig_settings=out_of_the_page),
        bytes_reserved=RESERVED,
        output=signed,
    )
    return signed.getvalue()
