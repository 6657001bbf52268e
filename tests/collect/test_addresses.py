import socket
from typing import Any

import httpcore2
import pytest

from impasto.collect import addresses
from impasto.collect.addresses import (
    PrivateAddressError,
    PublicBackend,
    UnknownHostError,
    is_public,
    resolve,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.9",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # clouds' metadata
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::1",
        "192.0.0.9",  # port control, which the next router answers
        "192.0.0.171",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.7",
        "240.0.0.1",
        "239.255.255.250",
        "64:ff9b:1::5db8:d822",
        "100::1",
        "100:0:0:1::1",
        "2001:2::1",
        "2001:4:112::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "2002:c058:6301::1",
        "2620:4f:8000::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "fec0::1",
        "ff0e::1",
        "::5db8:d822",  # an IPv4 address, compatible as nobody is any more
        "::ffff:0:5db8:d822",
        "::ffff:192.88.99.1",
        "64:ff9b::c000:9",
        "4000::1",
        "not an address",
    ],
)
def test_addresses_of_private_networks_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "2606:4700::1111",
        "64:ff9b::5db8:d822",
        "2002:5db8:d822::1",
        "::ffff:93.184.216.34",
        "2a00:1450::1",
        "2001:4860:4860::8888",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
    ],
)
def test_addresses_of_the_internet_are_public(address: str):
    assert is_public(address)


def names(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """Let every name lead to `found`."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)


def test_a_name_that_leads_into_a_private_network_is_refused(monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "192.168.0.10")
    with pytest.raises(PrivateAddressError, match=r"printer\.example leads to 192\.168\.0\.10"):
        resolve("printer.example", 80)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(PrivateAddressError):
        resolve("both.example", 80)


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "93.184.216.34")
    reached = []

    def connect(self: Any, host: str, *_: Any) -> Any:
        reached.append(host)
        raise httpcore2.ConnectError("no network here")

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    with pytest.raises(httpcore2.ConnectError):
        PublicBackend().connect_tcp("museum.example", 443)
    assert reached == ["93.184.216.34"]


@pytest.mark.parametrize(
    "name", ["no-such-name.invalid", "a" * 300, "..", "\udcff.example", "2130706433.."]
)
def test_a_name_that_nobody_knows_is_one_sentence(name: str):
    with pytest.raises((UnknownHostError, PrivateAddressError)):
        resolve(name, 80)


@pytest.mark.parametrize("name", ["2130706433", "0x7f000001", "017700000001", "127.1", "localhost"])
def test_other_spellings_of_this_machine_are_seen_through(name: str):
    with pytest.raises((PrivateAddressError, UnknownHostError)):
        resolve(name, 80)
