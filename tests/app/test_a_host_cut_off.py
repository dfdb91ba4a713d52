"""Two hosts behind a balancer, one of them cut off from the database: it says so, and the other serves everybody.

Once in network namespaces (where that is possible), where what the host sends is lost; once without, through a relay
that falls silent, as a stopped process does.
"""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.balancer import Balancer
from tests.support.live import Live, begun, migrated
from tests.support.network import Network, NoNetworks, listening_server, over_the_wire
from tests.support.pages import check_page
from tests.support.relay import Relay
from tests.support.source import ROOT
from tracing.kernel import clock, db
from tracing.staff import queries
from tracing.staff.access import COOKIE
from tracing.staff.login import sessions
from tracing.vault import sealing

TITLE = "La base de données ne répond pas"
PORT = 8000
MORE_THAN_IT_HAS_THREADS = 12


@dataclass
class Hosts:
    """Two hosts behind a balancer, somebody's session, and how the first is cut off and found again."""

    balancer: Balancer
    cookie: str
    cut: Callable[[], None]
    mend: Callable[[], None]


def start(
    live: Live,
    folder: Path,
    urls: tuple[str, str],
    address: tuple[str, int],
    until: ExitStack,
    inside: Sequence[str] = (),
) -> None:
    """Start a host that serves, as `tracing serve` does."""
    for name, secret in (("keys/master.key", live.master), ("secrets/flask_secret_key", bytes(32))):
        (folder / name).parent.mkdir(mode=0o700, parents=True)
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(secret)
    env = {
        "TRACING_DATA_DIR": str(folder),
        "TRACING_DATABASE_URL": urls[0],
        "TRACING_KEYS_URL": urls[1],
        "TRACING_HOST": address[0],
        "TRACING_PORT": str(address[1]),
        "TRACING_SECURE_COOKIES": "off",
    }
    command = [sys.executable, "-c", "from tracing.cli import main; main()", "serve", "--workers", "1"]
    log = until.enter_context((folder / "log").open("wb"))
    process = subprocess.Popen([*inside, *command], cwd=ROOT, env=env, stdout=log, stderr=log)
    until.callback(process.wait)
    until.callback(process.terminate)


def session_of_ada(live: Live) -> str:
    """Return the cookie of a session, and note the master key where nobody has yet."""
    keys = db.make_engine(live.keys_url)
    with keys.begin() as store:
        store.execute(
            text("""
                INSERT INTO master_key (id, fingerprint, verifier, created_at) VALUES (1, :name, :verifier, now())
                ON CONFLICT DO NOTHING
            """),
            {"name": sealing.fingerprint(live.master), "verifier": sealing.verifier(live.master)},
        )
    keys.dispose()
    with db.transaction():
        ada = queries.get_member(live.story.ada.id)
        return f"{COOKIE}={sessions.begin(ada, device='Firefox', at=clock.database_now()).token}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def silent_hosts(live_database: Live, tmp_path: Path) -> Iterator[Hosts]:
    """Two processes on this machine, the first with a way to the databases that can fall silent."""
    live = live_database
    with ExitStack() as until:
        ways = [until.enter_context(Relay(url)) for url in (live.url, live.keys_url)]
        addresses = [("127.0.0.1", free_port()) for _ in range(2)]
        start(live, tmp_path / "0", (ways[0].url, ways[1].url), addresses[0], until)
        start(live, tmp_path / "1", (live.url, live.keys_url), addresses[1], until)
        balancer = until.enter_context(Balancer(addresses))
        yield Hosts(
            balancer,
            session_of_ada(live),
            cut=lambda: [way.fall_silent() for way in ways],
            mend=lambda: [way.speak() for way in ways],
        )
        for way in ways:
            way.speak()


@pytest.fixture
def lost_hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Two processes, each with a network of its own."""
    network = Network()
    try:
        network.open()
    except NoNetworks as why:
        pytest.skip(str(why))
    with ExitStack() as until:
        until.callback(network.close)
        server = until.enter_context(listening_server(tmp_path, network))
        engines = until.enter_context(migrated(server, "cut_off"))
        live = until.enter_context(begun(*engines))
        names = [network.add_host() for _ in range(2)]
        addresses = [(network.address_of(name), PORT) for name in names]
        urls = (over_the_wire(live.url, network), over_the_wire(live.keys_url, network))
        for number, name in enumerate(names):
            folder = tmp_path / str(number)
            start(live, folder, urls, addresses[number], until, inside=network.inside(name))
        balancer = until.enter_context(Balancer(addresses, from_address=network.second_address))
        yield Hosts(
            balancer,
            session_of_ada(live),
            cut=lambda: network.lose(names[0]),
            mend=lambda: network.find(names[0]),
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["silent", pytest.param("lost", marks=[pytest.mark.network, pytest.mark.timeout(300)])]
)
def test_a_host_cut_off_from_the_database_says_so_and_the_other_serves(
    request: pytest.FixtureRequest, kind: str
):
    hosts: Hosts = request.getfixturevalue(f"{kind}_hosts")
    balancer, cookie = hosts.balancer, hosts.cookie
    balancer.wait_until_ready(0, 1)
    assert {balancer.get("/desk", cookie=cookie).status for _ in range(4)} == {200}

    hosts.cut()
    with ThreadPoolExecutor(MORE_THAN_IT_HAS_THREADS) as people:
        told = [
            people.submit(balancer.ask, 0, "/desk", cookie=cookie) for _ in range(MORE_THAN_IT_HAS_THREADS)
        ]
        while balancer.ready != {1}:
            page = balancer.get("/desk", cookie=cookie)
            assert page.status == 200 or TITLE in page.text
        served = [balancer.get("/desk", cookie=cookie).status for _ in range(20)]
        pages = [one.result() for one in told]

    assert set(served) == {200}
    assert {page.status for page in pages} == {503}
    assert TITLE in pages[0].text
    check_page(pages[0].text)
    assert balancer.ask(0, "/healthz").status == 200

    hosts.mend()
    balancer.wait_until_ready(0, 1)
    assert balancer.ask(0, "/desk", cookie=cookie).status == 200
