"""Hosts on a network of their own: namespaces joined by a bridge, and a PostgreSQL that listens there.

Needs root and the program `ip`. Every name and address holds the process's number: two runs do not meet.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracing.kernel.postgres import roles
from tracing.kernel.postgres.cluster import SOCKET_PORT, Cluster
from tracing.kernel.postgres.embedded import Server


class NoNetworks(Exception):
    """Networks cannot be made here, and why."""


class Network:
    """A bridge in this process's network, and a namespace for each host."""

    def __init__(self) -> None:
        number = os.getpid()
        self._name = f"tr{number % 1_000_000}"
        self._prefix = f"198.18.{number % 256}"
        """Of the range that is reserved for trying out networks."""
        self._hosts: list[str] = []

    @property
    def address(self) -> str:
        """Where this process is found by the hosts."""
        return f"{self._prefix}.1"

    @property
    def everybody(self) -> str:
        """The addresses of all hosts, this process included."""
        return f"{self._prefix}.0/24"

    def open(self) -> None:
        """Make the bridge.

        Raises:
            NoNetworks: it cannot be made here.
        """
        if os.geteuid() != 0:
            raise NoNetworks("network namespaces need root")
        if shutil.which("ip") is None:
            raise NoNetworks("network namespaces need the program ip (iproute2)")
        try:
            _ip("link", "add", self._name, "type", "bridge")
            _ip("address", "add", f"{self.address}/24", "dev", self._name)
            _ip("address", "add", f"{self.second_address}/24", "dev", self._name)
            _ip("link", "set", self._name, "up")
            self.add_host()
        except subprocess.CalledProcessError as refused:
            self.close()
            raise NoNetworks(f"network namespaces cannot be made here: {refused.stderr.strip()}") from refused

    def add_host(self) -> str:
        """Make one more host; returns its name."""
        number = len(self._hosts)
        host, wire = f"{self._name}-{number}", self._wire(number)
        _ip("netns", "add", host)
        self._hosts.append(host)
        _ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", host)
        _ip("link", "set", wire, "master", self._name)
        _ip("link", "set", wire, "up")
        _ip("-n", host, "address", "add", f"{self._prefix}.{10 + number}/24", "dev", "eth0")
        _ip("-n", host, "link", "set", "eth0", "up")
        _ip("-n", host, "link", "set", "lo", "up")
        return host

    def inside(self, host: str) -> list[str]:
        """Return the words that start a program on a host."""
        return ["ip", "netns", "exec", host]

    def cut(self, host: str) -> None:
        """Pull the host's wire out: nothing that it sends arrives, and it is told nothing."""
        _ip("link", "set", self._wire(self._hosts.index(host)), "down")

    def mend(self, host: str) -> None:
        """Put the wire in again."""
        _ip("link", "set", self._wire(self._hosts.index(host)), "up")

    @property
    def second_address(self) -> str:
        """Another address of this process: what is done from it goes on for a host that has lost the first."""
        return f"{self._prefix}.2"

    def lose(self, host: str) -> None:
        """Let nothing that the host sends to this process's first address arrive, and tell it nothing."""
        neighbour = (self.address, "lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud", "permanent")
        _ip("-n", host, "neigh", "replace", *neighbour)

    def find(self, host: str) -> None:
        """Let it arrive again."""
        _ip("-n", host, "neigh", "del", self.address, "dev", "eth0")

    def address_of(self, host: str) -> str:
        """Return where a host is found."""
        return f"{self._prefix}.{10 + self._hosts.index(host)}"

    def close(self) -> None:
        """Remove everything again."""
        for host in self._hosts:
            subprocess.run(["ip", "netns", "del", host], check=False, capture_output=True)
        self._hosts.clear()
        subprocess.run(["ip", "link", "del", self._name], check=False, capture_output=True)

    def _wire(self, number: int) -> str:
        return f"{self._name}w{number}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Listening(Cluster):
    """A cluster whose server can be reached by hosts, besides its socket file."""

    def __init__(self, data_dir: Path, network: Network) -> None:
        self._network = network
        super().__init__(data_dir, durable=False)

    def _address(self) -> dict[str, str]:
        return {**super()._address(), "listen_addresses": self._network.address}

    def _create(self) -> None:
        super()._create()
        with (self._data / "pg_hba.conf").open("a", encoding="ascii") as rules:
            rules.write(f"host all all {self._network.everybody} scram-sha-256\n")


@contextmanager
def listening_server(data_dir: Path, network: Network) -> Iterator[Server]:
    """Start a server that hosts of the network can reach, and stop it."""
    cluster = Listening(data_dir, network)
    with cluster.exclusively():
        share = cluster.join()
        cluster.start()
        cluster.prepare_roles()
    main, keys = roles.MAIN_DATABASE, roles.KEYS_DATABASE
    server = Server(
        owner_url=cluster.url(roles.OWNER, main),
        app_url=cluster.url(roles.APPLICATION, main),
        keys_owner_url=cluster.url(roles.OWNER, keys),
        keys_app_url=cluster.url(roles.APPLICATION, keys),
        _cluster=cluster,
        _share=share,
    )
    yield server
    server.stop()


def over_the_wire(url: str, network: Network) -> str:
    """Return the address of a database as hosts of the network reach it."""
    return f"{url.split('?', 1)[0].replace('@/', f'@{network.address}:{SOCKET_PORT}/')}"
