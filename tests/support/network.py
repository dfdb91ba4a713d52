"""Hosts on a separate network: namespaces joined by a bridge, and a PostgreSQL that listens there.

Needs root and the program `ip`. Every name and address contains the process's number, so that two runs do not collide.
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
    """Networks cannot be created on this machine; the message says why."""


class Network:
    """A bridge in this process's network, and a namespace for each host."""

    def __init__(self) -> None:
        number = os.getpid()
        self._name = f"tr{number % 1_000_000}"
        self._prefix = f"198.18.{number % 256}"
        """An address range reserved for network tests."""
        self._hosts: list[str] = []

    @property
    def address(self) -> str:
        """The address of this process for the hosts."""
        return f"{self._prefix}.1"

    @property
    def everybody(self) -> str:
        """The addresses of all hosts, this process included."""
        return f"{self._prefix}.0/24"

    def open(self) -> None:
        """Create the bridge.

        Raises:
            NoNetworks: it cannot be created on this machine.
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
        """Add a host; return its name."""
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
        """Return the command prefix that runs a program on a host."""
        return ["ip", "netns", "exec", host]

    def cut(self, host: str) -> None:
        """Cut the host off: nothing that it sends arrives, and it gets no error."""
        _ip("link", "set", self._wire(self._hosts.index(host)), "down")

    def mend(self, host: str) -> None:
        """Reconnect the host."""
        _ip("link", "set", self._wire(self._hosts.index(host)), "up")

    @property
    def second_address(self) -> str:
        """Another address of this process, which a host still reaches after `lose` has cut off the first."""
        return f"{self._prefix}.2"

    def lose(self, host: str) -> None:
        """Drop everything that the host sends to this process's first address, without an error."""
        neighbour = (self.address, "lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud", "permanent")
        _ip("-n", host, "neigh", "replace", *neighbour)

    def find(self, host: str) -> None:
        """Undo `lose`."""
        _ip("-n", host, "neigh", "del", self.address, "dev", "eth0")

    def address_of(self, host: str) -> str:
        """Return the address of a host."""
        return f"{self._prefix}.{10 + self._hosts.index(host)}"

    def close(self) -> None:
        """Remove the hosts and the bridge."""
        for host in self._hosts:
            subprocess.run(["ip", "netns", "del", host], check=False, capture_output=True)
        self._hosts.clear()
        subprocess.run(["ip", "link", "del", self._name], check=False, capture_output=True)

    def _wire(self, number: int) -> str:
        return f"{self._name}w{number}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Listening(Cluster):
    """A cluster whose server hosts can reach over the network, besides its socket file."""

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
    """Run a server that hosts of the network can reach while the context lasts."""
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
    """Return the address of a database for hosts of the network."""
    return f"{url.split('?', 1)[0].replace('@/', f'@{network.address}:{SOCKET_PORT}/')}"
