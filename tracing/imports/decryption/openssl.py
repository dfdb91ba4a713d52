"""CMS that the Python library cannot read, with the machine's `openssl` program if there is one.

It runs inside the limits of the reading process. Keys and the file are passed through separate pipes: nothing secret
or decrypted ever has a name in a file system.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence

from tracing.imports.refusal_codes import CannotRead, Refusal

MOST_SECONDS = 30
_ROOM_IN_A_PIPE = 65_536
_NOT_FOR_US = (b"no matching recipient", b"no recipient", b"no key or cert")


def decrypted(content: bytes, key: bytes, certificate: bytes) -> bytes:
    """Decrypt an envelope of any kind that the program supports; verifies the tag of an authenticated one."""
    named = [("-inkey", key), *([("-recip", certificate)] if certificate else [])]
    status, clear, complaint = _run(("-decrypt", "-binary", "-inform", "DER"), named, content)
    if status == 0:
        return clear
    not_for_us = any(words in complaint for words in _NOT_FOR_US)
    raise CannotRead(Refusal.WRONG_KEY if not_for_us else Refusal.DAMAGED)


def verified(content: bytes, signers: Sequence[bytes], *, is_mime: bool = False) -> bytes:
    """Return the signed content if every signature was made with one of these certificates and no other.

    Certificates inside the message prove nothing, nor does a certificate authority: two people confirmed the source's
    own certificates.
    """
    # Mail relays may change line ends, so in mail they are normalised; elsewhere every byte counts.
    form = ("-inform", "SMIME") if is_mime else ("-inform", "DER", "-binary")
    options = ("-verify", "-noverify", "-nointern", *form)
    status, signed, _ = _run(options, [("-certfile", b"\n".join(signers))], content)
    if status:
        raise CannotRead(Refusal.WRONG_SIGNATURE)
    return signed


def _run(
    options: Sequence[str], named: Sequence[tuple[str, bytes]], content: bytes
) -> tuple[int, bytes, bytes]:
    """Run `openssl cms` and return its exit status, its output and its error output."""
    program = shutil.which("openssl")
    if program is None:
        raise CannotRead(Refusal.PROGRAM_MISSING)
    pipes = [(option, _pipe_with(secret)) for option, secret in named]
    arguments = [word for option, pipe in pipes for word in (option, f"/dev/fd/{pipe}")]
    try:
        done = subprocess.run(
            (program, "cms", *options, *arguments),
            input=content,
            capture_output=True,
            check=False,
            timeout=MOST_SECONDS,
            pass_fds=[pipe for _, pipe in pipes],
            env={"OPENSSL_CONF": os.devnull, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as cause:
        raise CannotRead(Refusal.TOO_LARGE) from cause
    finally:
        for _, pipe in pipes:
            os.close(pipe)
    return done.returncode, done.stdout, done.stderr.lower()


def _pipe_with(secret: bytes) -> int:
    """Return the reading end of a pipe that holds a secret; its writing end is already closed."""
    if len(secret) > _ROOM_IN_A_PIPE:
        raise CannotRead(Refusal.KEY_UNUSABLE)
    reading, writing = os.pipe()
    os.write(writing, secret)
    os.close(writing)
    return reading
