"""Where a collector goes, and where it never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.collecting.hosts import FetchError, ForbiddenAddressError, check_address, user_name_of


def outside(host: str, port: int) -> list[str]:
    return ["23.1.2.3", "2600:1f18::1"]


@pytest.mark.parametrize(
    "url", ["https://www.tiktok.com/@ana", "https://m.tiktok.com:443/@ana", "https://TIKTOK.com./@ana"]
)
def test_tiktok_by_https_is_fetched(url: str) -> None:
    check_address(url, resolve=outside)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://www.tiktok.com/@ana", "not https"),
        ("file:///etc/passwd", "not https"),
        ("https://tiktok.com.evil.example/@ana", "list of hosts"),
        ("https://eviltiktok.com/@ana", "list of hosts"),
        ("https://evil.example\\@www.tiktok.com/@ana", "login|list of hosts|can't be read"),
        ("https://www.tiktok.com@evil.example/", "login"),
        ("https://ana:secret@www.tiktok.com/", "login"),
        ("https://www.tiktok.com:nine/", "can't be read"),
        ("https://[::1/", "can't be read"),
        ("https:///@ana", "list of hosts"),
        ("https://127.0.0.1/@ana", "list of hosts"),
        ("", "not https"),
    ],
)
def test_nothing_else_is(url: str, why: str) -> None:
    with pytest.raises(ForbiddenAddressError, match=why):
        check_address(url, resolve=outside)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1",
     "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"],
)  # fmt: skip
def test_a_host_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="not on the internet"):
        check_address("https://www.tiktok.com/@ana", resolve=lambda host, port: ["23.1.2.3", address])
    check_address("https://www.tiktok.com/@ana", allow_private=True, resolve=lambda host, port: [address])


def test_a_host_that_cant_be_looked_up_may_be_another_time() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(FetchError, match="can't be looked up"):
        check_address("https://www.tiktok.com/@ana", resolve=nowhere)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_given_is_a_name_or_refused(text: str) -> None:
    try:
        name = user_name_of(text)
    except ForbiddenAddressError:
        return
    assert name == name.lower()
    assert name.isascii()
    assert 2 <= len(name) <= 24


@pytest.mark.parametrize(
    "text", ["https://www.tiktok.com/@ana/video/7", "http://www.tiktok.com/@ana", "@", "a b", "@é"]
)
def test_what_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        user_name_of(text)
