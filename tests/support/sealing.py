"""Encrypted containers as senders make them, by other programs and libraries, for the import tests."""

import io
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyrage
import pysequoia
import pyzipper

from tests.support.lots import AGE_KEY, CERTIFICATE, OPENPGP_KEY

HAS_OPENSSL = shutil.which("openssl") is not None


def openssl(*arguments: str, content: bytes = b"", **files: bytes) -> bytes:
    """Run `openssl`; an argument `@name` is replaced by a file with those bytes."""
    with TemporaryDirectory() as folder:
        for name, held in files.items():
            (Path(folder) / name).write_bytes(held)
        words = [f"{folder}/{word[1:]}" if word.startswith("@") else word for word in arguments]
        return subprocess.run(["openssl", *words], input=content, capture_output=True, check=True).stdout


@cache
def signer(name: str) -> tuple[bytes, bytes]:
    """Return the private key and the certificate of a signer."""
    both = openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "9"),
        *("-keyout", "-"),
    )
    at = both.index(b"-----BEGIN CERTIFICATE")
    return both[:at], both[at:]


def enveloped_by_openssl(
    content: bytes, *options: str, form: str = "DER", certificate: bytes = CERTIFICATE
) -> bytes:
    """Encrypt with the given options."""
    return openssl(
        *("cms", "-encrypt", *options, "-outform", form, "-recip", "@recipient"),
        content=content,
        recipient=certificate,
    )


def signed_by_openssl(content: bytes, *options: str, form: str = "DER", by: str = "laboratoire") -> bytes:
    """Sign with the key of a signer."""
    key, certificate = signer(by)
    return openssl(
        *("cms", "-sign", *options, "-outform", form, "-signer", "@certificate", "-inkey", "@key"),
        content=content,
        key=key,
        certificate=certificate,
    )


def for_openpgp(
    content: bytes, *, signed_by: pysequoia.Tsk | None = None, armour: bool = False, password: str = ""
) -> bytes:
    """Encrypt for the site's OpenPGP key, or with a password."""
    recipients = [] if password else [pysequoia.Tsk.from_bytes(OPENPGP_KEY).extract_certificate()]
    return pysequoia.encrypt(
        content,
        recipients=recipients,
        signer=signed_by.signer() if signed_by else None,
        passwords=[password] if password else [],
        armor=armour,
    )


def for_age(content: bytes) -> bytes:
    """Encrypt for the site's age identity."""
    identity = AGE_KEY.decode().split()[-1]
    encrypted: bytes = pyrage.encrypt(content, [pyrage.x25519.Identity.from_str(identity).to_public()])
    return encrypted


def zipped(
    members: dict[str, bytes], password: str = "", *, compression: int = pyzipper.ZIP_DEFLATED
) -> bytes:
    """Put files into a ZIP archive, encrypted with AES if there is a password."""
    archive = io.BytesIO()
    encryption = pyzipper.WZ_AES if password else None
    with pyzipper.AESZipFile(archive, "w", compression=compression, encryption=encryption) as sealed:
        sealed.setpassword(password.encode() or None)
        for name, content in members.items():
            sealed.writestr(name, content)
    return archive.getvalue()
