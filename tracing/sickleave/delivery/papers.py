"""Both papers of a note as one sealed blob: the platform seals it, the public pages open it with what the person types."""

import json
import os
import zlib
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tracing.kernel.redaction import redacted

VERSION = b"\x01"
NONCE_BYTES = 12


@redacted
@dataclass(frozen=True)
class Papers:
    """The papers of a note, with what the page says beside them."""

    number: str
    first_day: date
    last_day: date
    insured: bytes
    employer: bytes


def sealed(papers: Papers, key: bytes, link_hash: bytes) -> bytes:
    """Seal both papers for one link; they share fonts, so together they are half as long."""
    about = {
        "number": papers.number,
        "first_day": papers.first_day.isoformat(),
        "last_day": papers.last_day.isoformat(),
        "insured": len(papers.insured),
    }
    packed = zlib.compress(json.dumps(about).encode() + b"\n" + papers.insured + papers.employer)
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, packed, link_hash)


def opened(blob: bytes, key: bytes, link_hash: bytes) -> Papers | None:
    """Open the papers of a link; None if key or link are another's."""
    nonce, rest = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
    try:
        packed = zlib.decompress(AESGCM(key).decrypt(nonce, rest, link_hash))
    except (InvalidTag, ValueError):
        return None
    head, pages = packed.split(b"\n", 1)
    about = json.loads(head)
    return Papers(
        about["number"],
        date.fromisoformat(about["first_day"]),
        date.fromisoformat(about["last_day"]),
        pages[: about["insured"]],
        pages[about["insured"] :],
    )
