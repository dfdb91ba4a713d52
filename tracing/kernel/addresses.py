"""Parse and compare network addresses: of clients, of proxies in front, and the platform's public URL."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

UNIX = "unix"
"""Name of a client that connects through a socket file: it has no address."""
DEFAULT_PORTS = {"http": 80, "https": 443}

Address = IPv4Address | IPv6Address


class Proxies(NamedTuple):
    """The proxies whose forwarded headers are trusted."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False
    """Whether every client of the socket file is trusted: only a proxy on this host can open it."""

    def trust(self, peer: str) -> bool:
        """Return whether a peer, as returned by `normalized_peer`, is one of them."""
        address = parsed(peer)
        if address is None:
            return self.unix and peer == UNIX
        return any(address in network for network in self.networks)


def parse_proxies(value: str) -> Proxies:
    """Parse a list such as `127.0.0.1, 10.0.0.0/8, unix`; raises ValueError."""
    words = [word.strip() for word in value.split(",") if word.strip()]
    networks = tuple(ip_network(word) for word in words if word != UNIX)
    return Proxies(networks, UNIX in words)


def normalized_peer(peer: str) -> str:
    """Return the peer that a server reports in one normal form: an address, or `unix` for anything else."""
    address = parsed(peer)
    return UNIX if address is None else str(address)


def client_of(peer: str, forwarded_for: str, proxies: Proxies) -> str:
    """Return the address of the client: the first one from the right that is not a trusted proxy.

    Each proxy appends the address that called it, so anything left of the first untrusted address may be forged.
    """
    client = normalized_peer(peer)
    hops = forwarded_for.split(",") if forwarded_for else []
    while hops and proxies.trust(client):
        hop = parsed(_without_port(hops.pop().strip()))
        if hop is None:
            break
        client = str(hop)
    return client


def parsed(text: str) -> Address | None:
    """Return the address in `text`, an IPv4-mapped IPv6 one as IPv4; None if it is not an address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def host_name(host: str) -> str:
    """Return the host name in a Host header, without its port; empty if it is not a valid host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether a name or address means this machine only."""
    address = parsed(host)
    return host == "localhost" if address is None else address.is_loopback


def format_origin(scheme: str, host: str, port: int | None) -> str:
    """Return an origin as browsers write it, without the default port."""
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" if port in {None, DEFAULT_PORTS[scheme]} else f"{scheme}://{name}:{port}"


def parse_public_url(value: str) -> str:
    """Parse the public URL of the platform and return it as an origin; raises ValueError.

    Over plain http identities would cross the network in clear text, so http is allowed for this machine only.
    """
    url = urlsplit(value)
    if url.scheme not in DEFAULT_PORTS or not url.hostname or url.username is not None:
        raise ValueError
    if url.path not in {"", "/"} or "?" in value or "#" in value:
        raise ValueError
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise ValueError
    host = url.hostname if parsed(url.hostname) else url.hostname.encode("idna").decode("ascii")
    return format_origin(url.scheme, host, url.port)
