"""Who asks, by what proxies tell; and the address of the platform as an administrator may write it."""

import pytest

from tracing.kernel.addresses import (
    Proxies,
    client_of,
    host_name,
    is_loopback,
    parse_proxies,
    parse_public_url,
)

NGINX = parse_proxies("127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48")
SOCKET = parse_proxies("unix")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "proxies", "client"),
    [
        # nobody is believed unless named
        ("127.0.0.1", "203.0.113.9", Proxies(), "127.0.0.1"),
        ("198.51.100.7", "203.0.113.9", NGINX, "198.51.100.7"),
        ("", "203.0.113.9", NGINX, "unix"),
        ("localhost", "203.0.113.9", NGINX, "unix"),
        # the proxy says who asked it
        ("127.0.0.1", "203.0.113.9", NGINX, "203.0.113.9"),
        ("::ffff:127.0.0.1", "203.0.113.9", NGINX, "203.0.113.9"),
        ("2001:db8:1::5", "2001:db8:2::7", NGINX, "2001:db8:2::7"),
        ("", "203.0.113.9", SOCKET, "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", SOCKET, "127.0.0.1"),
        # two proxies in a row; what the client itself wrote on the left is not read
        ("127.0.0.1", "192.0.2.1, 203.0.113.9, 10.1.2.3", NGINX, "203.0.113.9"),
        ("127.0.0.1", "10.9.9.9, 203.0.113.9", NGINX, "203.0.113.9"),
        ("127.0.0.1", "10.9.9.9,10.1.2.3", NGINX, "10.9.9.9"),
        # as other proxies write
        ("127.0.0.1", "203.0.113.9:51234", NGINX, "203.0.113.9"),
        ("127.0.0.1", "[2001:db8:2::7]:51234", NGINX, "2001:db8:2::7"),
        ("127.0.0.1", "::ffff:203.0.113.9", NGINX, "203.0.113.9"),
        # what is no address says nothing, and nothing beyond it is believed
        ("127.0.0.1", "", NGINX, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, unknown", NGINX, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, unix", SOCKET, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, <script>, 10.1.2.3", NGINX, "10.1.2.3"),
        ("127.0.0.1", "203.0.113.9,", NGINX, "127.0.0.1"),
    ],
)
def test_the_client_is_the_first_from_the_right_that_no_trusted_proxy_has(
    peer, forwarded_for, proxies, client
):
    assert client_of(peer, forwarded_for, proxies) == client


@pytest.mark.parametrize("value", ["*", "127.0.0.1/8", "nginx", "10.0.0.0/33", "127.0.0.1 10.0.0.1"])
def test_what_is_no_address_or_network_names_no_proxy(value):
    with pytest.raises(ValueError):  # noqa: PT011 - the settings make a sentence of it
        parse_proxies(value)


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("https://tracing.example.org", "https://tracing.example.org"),
        ("https://Tracing.Example.org/", "https://tracing.example.org"),
        ("https://tracing.example.org:443", "https://tracing.example.org"),
        ("https://tracing.example.org:8443", "https://tracing.example.org:8443"),
        ("https://traçage.example.org", "https://xn--traage-yua.example.org"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_the_public_address_is_kept_as_browsers_write_it(value, origin):
    assert parse_public_url(value) == origin


@pytest.mark.parametrize(
    "value",
    [
        "tracing.example.org",
        "http://tracing.example.org",
        "ftp://tracing.example.org",
        "https://",
        "https://tracing.example.org/tracing",
        "https://tracing.example.org?a=b",
        "https://tracing.example.org#a",
        "https://user@tracing.example.org",
        "https://tracing.example.org:port",
        "https://[2001:db8::1",
    ],
)
def test_what_is_no_address_of_a_platform_is_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011 - the settings make a sentence of it
        parse_public_url(value)


@pytest.mark.parametrize(
    ("host", "name", "here"),
    [
        ("tracing.example.org", "tracing.example.org", False),
        ("TRACING.example.org:443", "tracing.example.org", False),
        ("127.0.0.1:8000", "127.0.0.1", True),
        ("localhost:8000", "localhost", True),
        ("[::1]:8000", "::1", True),
        ("localhost.example.org", "localhost.example.org", False),
        ("127.0.0.1.example.org", "127.0.0.1.example.org", False),
        ("localhost@evil.example", "evil.example", False),
        ("[::1", "", False),
        ("", "", False),
    ],
)
def test_a_host_is_read_without_its_port_and_known_for_this_machine_only_by_its_whole_name(host, name, here):
    assert host_name(host) == name
    assert is_loopback(name) is here
