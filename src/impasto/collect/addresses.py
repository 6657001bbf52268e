"""Which machines may be spoken to: public ones only, whatever a name or a redirect says.

A list of addresses, a museum's JSON or a redirect could name a printer, a router or a cloud's
metadata service. So each name is resolved here, every address that it has is checked, and the
connection is made to a checked address: nothing can change in between.
"""

import functools
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2

from impasto.errors import ImpastoError

_UNICAST = ipaddress.ip_network("2000::/3")
"""What is given out of IPv6 at all (RFC 4291, 2.4; IANA's address space registry)."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses as they are translated (RFC 6052); `64:ff9b:1::/48` is for local use."""

_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared between a provider and its customers
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local; clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments, the anycast ones of port control too
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112, anycast
            "192.52.193.0/24",  # AMT, anycast
            "192.88.99.0/24",  # 6to4 relays, anycast, deprecated
            "192.168.0.0/16",
            "192.175.48.0/24",  # AS112, anycast
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved; broadcast
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID, anycast
            "2001:db8::/32",  # documentation
            "2620:4f:8000::/48",  # AS112, anycast
            "3ffe::/16",  # the 6bone, returned (RFC 3701)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
"""IANA's special-purpose registries of both families (iana.org/assignments, the pages
iana-ipv4-special-registry and iana-ipv6-special-registry, as of 2025), multicast, and what was
returned. Whole blocks: none of their exceptions serves pictures, and some answer in the
local network. Python's own list is as old as the Python: 3.11 lacks several."""


class PrivateAddressError(ImpastoError):
    """A name or an address that leads into a private network."""


class UnknownHostError(ImpastoError):
    """A name that no server knows; trying again at once would not help."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet's, also after unwrapping IPv4 in IPv6."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if inner := ip.ipv4_mapped or ip.sixtofour:
            return is_public(str(inner))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip not in _UNICAST:
            return False
    return not any(ip in block for block in _SPECIAL)


def resolve(host: str, port: int, trusted: Collection[str] = ()) -> list[str]:
    """The addresses of `host`, all of them public.

    Args:
        host: a name or an IP address.
        port: where the connection will go.
        trusted: addresses that are allowed although they are not public; for tests.

    Raises:
        PrivateAddressError: one of the addresses is not public.
        UnknownHostError: the name does not exist, or there is no network.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(
            f"The name {host} cannot be found; check the address and the network."
        ) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if address not in trusted and not is_public(address):
            raise PrivateAddressError(
                f"{host} leads to {address}, which is not on the public internet: refused."
            )
    return addresses


class TooSlowError(httpcore2.TimeoutException):
    """One answer took longer than a whole one may."""


class Deadline:
    """When the answer that is under way must be there, all of it."""

    def __init__(self, seconds: float = threading.TIMEOUT_MAX) -> None:
        self.begin(seconds)

    def begin(self, seconds: float) -> None:
        """A new answer, which may take so long."""
        self._at = time.monotonic() + seconds

    @contextmanager
    def within(self, timeout: float | None) -> Iterator[float | None]:
        """A wait of at most `timeout` seconds, or of what is left if that is less.

        Raises:
            TooSlowError: nothing is left, before the wait or after it.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TooSlowError
        try:
            yield min(seconds for seconds in (timeout, left) if seconds is not None)
        except httpcore2.TimeoutException as error:
            if time.monotonic() >= self._at:
                raise TooSlowError from error
            raise


class _Stream(httpcore2.NetworkStream):
    """A connection whose every read and write ends with the deadline: a server that sends byte
    by byte, or heads and extensions without end, never lets a time-out for silence begin.
    """

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._deadline.within(timeout) as left:
            return self._inner.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._deadline.within(timeout) as left:
            self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        with self._deadline.within(timeout) as left:
            inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class PublicBackend(httpcore2.NetworkBackend):
    """Connections to checked addresses only, each of which keeps to the deadline."""

    def __init__(self, trusted: Collection[str] = (), deadline: Deadline | None = None) -> None:
        self._trusted = trusted
        self._deadline = deadline or Deadline()
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Try the checked addresses in the resolver's order."""
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in resolve(host, port, self._trusted)[:4]:
            try:
                with self._deadline.within(timeout) as left:
                    stream = self._inner.connect_tcp(
                        address, port, left, local_address, socket_options
                    )
                return _Stream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@functools.cache  # reading the system's certificates takes a tenth of a second
def _ssl_context() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


class PublicTransport(httpx2.BaseTransport):
    """httpx2's way to httpcore2, with `PublicBackend` at its end and no proxy between."""

    def __init__(self, trusted: Collection[str] = ()) -> None:
        self.deadline = Deadline()
        """Of the answer that is under way: this transport asks one thing after the other."""
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=4,
            max_keepalive_connections=4,
            keepalive_expiry=30,
            network_backend=PublicBackend(trusted, self.deadline),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the body is read later."""
        answer = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
