from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web.transport.ip_policy import canonical_host, parse_literal, refusal, refusal_by_name


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1",
        "172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1",
        "203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255",
        ":: ::1 ::7f00:1 ::808:808 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1",
        "100::1 2001::1 2001:0:808:808:: 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1",
        "4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1",
    ],
)
def test_non_public_addresses_are_refused(address: str) -> None:
    for each in address.split():
        assert refusal(ip_address(each)), each


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 172.15.255.255 172.32.0.0 192.0.1.1",
        "223.255.255.255 2606:4700::1111 2a00:1450::1 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808",
    ],
)
def test_public_addresses_are_allowed(address: str) -> None:
    for each in address.split():
        assert refusal(ip_address(each)) == "", each


@given(st.ip_addresses(v=4))
def test_ipv4_addresses_inside_ipv6_are_checked(inner: IPv4Address) -> None:
    for prefix in (0xFFFF << 32, 0x0064_FF9B << 96):
        assert refusal(IPv6Address(prefix | int(inner))) == refusal(inner)


@given(st.ip_addresses())
def test_addresses_that_ipaddress_calls_private_are_refused(address: IPv4Address | IPv6Address) -> None:
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if (inner or address).is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert refusal(address)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("::FFFF:7f00:1", "::ffff:7f00:1"),
    ],
)
def test_literal_addresses_in_any_spelling(host: str, expected: str) -> None:
    assert parse_literal(host) == ip_address(expected)


@pytest.mark.parametrize("host", ["example.com", "1.2.3.4.5", "a", "", "256.1.1.1", "127.0.0.1 x", "xn--bcher-kva.de"])
def test_names_are_not_literal_addresses(host: str) -> None:
    assert parse_literal(host) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("LOCALHOST.", "localhost"), ("[::1]", "0:0:0:0:0:0:0:1"), ("[FD00::1]", "fd00:0::1"), (" A.b ", "a.B")],
)
def test_one_host_in_several_spellings(one: str, other: str) -> None:
    assert canonical_host(one) == canonical_host(other)


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost", "printer", "nas.local", "wiki.internal", "x.home.arpa.", "127.1", "[::1]"]
)
def test_local_names_are_refused_behind_a_proxy(host: str) -> None:
    assert refusal_by_name(host)


@pytest.mark.parametrize("host", ["example.com", "local.example", "8.8.8.8", "[2606:4700::1111]", "notlocalhost.com"])
def test_public_names_are_allowed_behind_a_proxy(host: str) -> None:
    assert refusal_by_name(host) == ""


@given(st.text())
def test_any_host_can_be_checked(host: str) -> None:
    assert canonical_host(canonical_host(host)) == canonical_host(host)
    assert isinstance(refusal_by_name(host), str)
