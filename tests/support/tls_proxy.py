"""A TLS proxy in a hundred lines, for machines without nginx: it terminates TLS and forwards the client's address."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_connection, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CERTIFICATE, KEY = "tracing.crt", "tracing.key"
PATIENCE = 30
REPLACED = ("x-forwarded-", "forwarded:", "connection:", "keep-alive:")


def write_certificate(folder: Path, name: str) -> None:
    """Write a self-signed certificate for a name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / KEY).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    context: ssl.SSLContext
    behind: tuple[str, int]


class _Connection(BaseRequestHandler):
    """One request and its answer; the browser opens another connection for the next."""

    server: _Server
    request: socket

    def handle(self) -> None:
        self.request.settimeout(PATIENCE)
        # a browser opens connections that it never uses, and closes them at any time
        with suppress(OSError), self.server.context.wrap_socket(self.request, server_side=True) as client:
            head, body = _head_of(client)
            if not head:
                return
            with create_connection(self.server.behind, PATIENCE) as host:
                host.sendall(self._passed_on(head) + body)
                missing = _length(head) - len(body)
                while missing > 0 and (more := client.recv(65536)):
                    host.sendall(more)
                    missing -= len(more)
                while answer := host.recv(65536):
                    client.sendall(answer)

    def _passed_on(self, head: bytes) -> bytes:
        first, *lines = head.decode("latin-1").split("\r\n")
        kept = [line for line in lines if not line.lower().startswith(REPLACED)]
        host = next(line.partition(":")[2].strip() for line in lines if line.lower().startswith("host:"))
        said = [
            "Connection: close",
            f"X-Forwarded-For: {self.client_address[0]}",
            "X-Forwarded-Proto: https",
            f"X-Forwarded-Host: {host}",
        ]
        return "\r\n".join([first, *kept, *said, "", ""]).encode("latin-1")


def _head_of(client: ssl.SSLSocket) -> tuple[bytes, bytes]:
    """Read a request up to the empty line; return its head, and the part of the body received so far."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = client.recv(65536)
        if not more:
            return b"", b""
        read += more
    head, _end, body = read.partition(b"\r\n\r\n")
    return head, body


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


@contextmanager
def tls_proxy(port: int, *, behind: int, folder: Path) -> Iterator[None]:
    """Listen with TLS on a local port, in front of another."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    with _Server(("127.0.0.1", port), _Connection) as server:
        server.context, server.behind = context, ("127.0.0.1", behind)
        running = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        running.start()
        yield
        server.shutdown()
        running.join()
