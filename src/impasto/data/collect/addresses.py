"""Which machines may be spoken to: public ones only, whatever a name or a redirect says.

A list of addresses, a museum's JSON or a redirect could name a printer, a router or a cloud's
metadata service. So each name is resolved here, every address that it has is checked, and the
connection is made to a checked address: nothing can change in between.
"""

import functools
import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterable, Iterator

import httpcore2
import httpx2

from impasto.errors import ImpastoError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
        if ip.teredo:
            return False
    return ip.is_global and not ip.is_multicast


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


class PublicBackend(httpcore2.NetworkBackend):
    """Connections to checked addresses only."""

    def __init__(self, trusted: Collection[str] = ()) -> None:
        self._trusted = trusted
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
                return self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
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
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=4,
            max_keepalive_connections=4,
            keepalive_expiry=30,
            network_backend=PublicBackend(trusted),
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
