"""Where a collector may go: addresses of TikTok by https, and nothing that lies within our own network.

A profile request comes from a topic, so its address may be anybody's: without these rules it could make the collector
read what only the inside of a network can reach (server-side request forgery, OWASP).
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from groundswell.errors import InputError, UnavailableError

TIKTOK_HOSTS = ("tiktok.com",)
"""Each with all hosts below it."""

# At least one letter or digit: a name becomes part of a key in the lake.
_NAME = r"(?=[_.]*[A-Za-z0-9])([A-Za-z0-9_.]{2,24})"
_USER_NAME = re.compile(f"@?{_NAME}")
_PROFILE_PATH = re.compile(f"/@{_NAME}/?")

Resolve = Callable[[str, int], Iterable[str]]
"""Host and port -> its addresses."""


class ForbiddenAddressError(InputError):
    """An address that a collector doesn't go to."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url[:200]!r} is not fetched: {why}", "give an https address of TikTok, or @name")


class FetchError(UnavailableError):
    """A page that didn't come; `reason` is one word for a dead letter's header.

    Parameters
    ----------
    reason : str
    detail : str
    is_passing : bool
        Whether it may come another time.
    """

    def __init__(self, reason: str, detail: str, is_passing: bool) -> None:
        super().__init__(detail, "try again later" if is_passing else "look at the address in a browser")
        self.reason = reason
        self.is_passing = is_passing


def resolve(host: str, port: int) -> list[str]:
    """Return a host's addresses.

    Raises
    ------
    OSError
        It has none.
    """
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check_address(
    url: str, hosts: Iterable[str] = TIKTOK_HOSTS, allow_private: bool = False, resolve: Resolve = resolve
) -> None:
    """Make sure that an address may be fetched; a redirect's target is one, too.

    Parameters
    ----------
    url : str
    hosts : iterable of str
        Allowed ones, each with all below it.
    allow_private : bool
        Whether the host may lie in a network that isn't the internet's: for a proxy of one's own, and for tests.
    resolve : callable
        Host and port -> addresses.

    Raises
    ------
    ForbiddenAddressError
        It is not allowed.
    FetchError
        The host can't be looked up.

    >>> check_address("https://www.tiktok.com/@ana", resolve=lambda host, port: ["23.1.2.3"])
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or 443
    except ValueError as error:
        raise ForbiddenAddressError(url, f"it can't be read ({error})") from None
    if parts.scheme != "https":
        raise ForbiddenAddressError(url, "it is not https")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddressError(url, "it carries a login")
    if not _is_among(host, hosts):
        raise ForbiddenAddressError(url, f"{host or 'no host'} is not on the list of hosts")
    if allow_private:
        return
    try:
        addresses = list(resolve(host, port))
    except OSError as error:
        raise FetchError("no_address", f"{host} can't be looked up: {error}", is_passing=True) from error
    for address in addresses:
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise ForbiddenAddressError(url, f"{host} is at {address}, which is not on the internet")


def user_name_of(text: str) -> str:
    """Return the user name, in lower case, of a profile's address, of `@name` or of a name.

    Raises
    ------
    ForbiddenAddressError
        It is none of them.

    >>> user_name_of("https://www.tiktok.com/@Ana.M?lang=en"), user_name_of("@ana"), user_name_of("ana")
    ('ana.m', 'ana', 'ana')
    """
    given = text.strip()
    if found := _USER_NAME.fullmatch(given):
        return found[1].lower()
    try:
        parts = urlsplit(given)
        host = parts.hostname or ""
    except ValueError as error:
        raise ForbiddenAddressError(text, f"it can't be read ({error})") from None
    found = _PROFILE_PATH.fullmatch(parts.path)
    if parts.scheme != "https" or found is None or not _is_among(host, TIKTOK_HOSTS):
        raise ForbiddenAddressError(text, "it is no profile's address")
    return found[1].lower()


def _is_among(host: str, hosts: Iterable[str]) -> bool:
    return any(host == allowed or host.endswith(f".{allowed}") for allowed in hosts)
