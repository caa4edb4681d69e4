"""Which IP addresses may be connected to (pure).

A page or a redirect may name any host, and a name may resolve to any address: a router, a service on
this machine, a cloud's metadata service. So the address itself is checked, against IANA's registries (special
addresses: RFC 6890 and its updates; IPv6 global unicast: RFC 4291, 2.4). They are repeated here because
``ipaddress.is_global`` differs between versions of Python and ignores IPv4 addresses inside IPv6 ones.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

IPAddress = IPv4Address | IPv6Address

_MACHINE = "an address of this machine"
_PRIVATE = "an address of a private network"
_LINK = "an address of the local network"
_SPECIAL = "an address outside the public internet"
_MULTICAST = "a multicast address"

_REFUSED = [
    (ip_network(network), words)
    for network, words in (
        ("0.0.0.0/8", _MACHINE),  # RFC 1122, 3.2.1.3; systems connect 0.0.0.0 to themselves
        ("10.0.0.0/8", _PRIVATE),  # RFC 1918, as are the other two
        ("100.64.0.0/10", _PRIVATE),  # RFC 6598: between a provider and its customers
        ("127.0.0.0/8", _MACHINE),  # RFC 1122
        ("169.254.0.0/16", _LINK),  # RFC 3927; metadata services of clouds, with credentials
        ("172.16.0.0/12", _PRIVATE),
        ("192.0.0.0/24", _SPECIAL),  # RFC 6890
        ("192.0.2.0/24", _SPECIAL),  # RFC 5737: examples
        ("192.88.99.0/24", _SPECIAL),  # RFC 7526: 6to4 relays, deprecated
        ("192.168.0.0/16", _PRIVATE),
        ("198.18.0.0/15", _SPECIAL),  # RFC 2544: measurements
        ("198.51.100.0/24", _SPECIAL),
        ("203.0.113.0/24", _SPECIAL),
        ("224.0.0.0/4", _MULTICAST),  # RFC 5771
        ("240.0.0.0/4", _SPECIAL),  # RFC 1112, 4; 255.255.255.255 among them
        ("::/128", _MACHINE),
        ("::1/128", _MACHINE),
        ("fc00::/7", _PRIVATE),  # RFC 4193
        ("fe80::/10", _LINK),  # RFC 4291
        ("fec0::/10", _PRIVATE),  # RFC 3879: site-local, deprecated, still routed by some
        ("ff00::/8", _MULTICAST),
        ("64:ff9b:1::/48", _PRIVATE),  # RFC 8215: translation within one network
        ("2001::/23", _SPECIAL),  # RFC 2928: Teredo, ORCHID, benchmarks
        ("2001:db8::/32", _SPECIAL),  # RFC 3849: examples
        ("2002::/16", _SPECIAL),  # RFC 7526: 6to4, deprecated; contains any IPv4 address
        ("3fff::/20", _SPECIAL),  # RFC 9637: examples
    )
]
_GLOBAL = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291, 2.5.5.2: connects to the IPv4 address inside
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: how IPv6-only networks reach IPv4

# Names of this machine or the local network by standard or custom: RFC 6761, 6762, 8375, ICANN's resolution on
# .internal, and the domains of home routers.
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "lan", "intranet", "localdomain", "home", "corp")


def refusal(address: IPAddress) -> str:
    """Return why ``address`` may not be connected to, in words that follow “it is”; empty if it may."""
    if address in _MAPPED or address in _TRANSLATED:
        address = IPv4Address(int(address) & 0xFFFF_FFFF)
    # Without the scope, as in fe80::1%eth0, which belongs to no network.
    plain = type(address)(int(address))
    found = next((words for network, words in _REFUSED if plain in network), "")
    return found or ("" if plain.version == 4 or plain in _GLOBAL else _SPECIAL)


def parse_literal(host: str) -> IPAddress | None:
    """Return the address that ``host`` spells, or None if it is a name.

    Includes old forms (``127.1``, ``0x7f000001``) with the meaning of ``inet_aton``, as the C library resolves them.
    """
    bare = host.removeprefix("[").removesuffix("]").removesuffix(".")
    try:
        return ip_address(bare)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(bare)) if bare.isascii() and " " not in bare else None
    except (OSError, ValueError):  # the latter for a zero character
        return None


def canonical_host(host: str) -> str:
    """Return ``host`` for comparisons: lower case, without brackets and final dot."""
    bare = host.lower().strip(" \t\r\n[].")
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare


def refusal_by_name(host: str) -> str:
    """Return why ``host`` may not be connected to, like :func:`refusal`, as far as its name alone shows."""
    if (address := parse_literal(host)) is not None:
        return refusal(address)
    name = canonical_host(host)
    if name.endswith(tuple(f".{local}" for local in _LOCAL_NAMES)) or "." not in name:
        return "a name of this machine or of the local network"
    return ""
