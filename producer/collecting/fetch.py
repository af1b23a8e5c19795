"""Fetching a page: each step of a redirect is checked, and neither size nor time has no end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

import requests

from producer.collecting.hosts import FetchError

_CHUNK_BYTES = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Limits:
    """What a page may take.

    Attributes
    ----------
    size_bytes : int
        Unpacked.
    seconds : float
        From the first request to the last byte, redirects included.
    redirects : int
    """

    size_bytes: int = 8_000_000
    seconds: float = 30.0
    redirects: int = 3


def fetch_page(
    session: requests.Session,
    url: str,
    limits: Limits,
    check_address: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """Return a page's bytes.

    Parameters
    ----------
    session : requests.Session
        With headers, proxies and trusted authorities.
    url : str
    limits : Limits
    check_address : callable
        Raises for an address that may not be fetched; asked before every request.
    clock : callable
        Seconds that never fall.

    Raises
    ------
    FetchError
        It didn't come, or is too large.
    InputError
        As `check_address` raises it.
    """
    ends = clock() + limits.seconds
    for _ in range(limits.redirects + 1):
        check_address(url)
        try:
            with session.get(url, stream=True, allow_redirects=False, timeout=_left(url, ends, clock)) as answer:
                if answer.status_code in _REDIRECTS and "Location" in answer.headers:
                    url = urljoin(url, answer.headers["Location"])
                    continue
                _check_status(url, answer.status_code)
                return _body(url, answer, limits, ends, clock)
        except requests.exceptions.SSLError as error:
            raise FetchError("no_trust", f"{url}: {error}", is_passing=False) from error
        except requests.exceptions.Timeout as error:
            raise FetchError("too_slow", f"{url} took longer than {limits.seconds:g} s", is_passing=True) from error
        except requests.exceptions.RequestException as error:
            raise FetchError("cut", f"{url}: {error}", is_passing=True) from error
    raise FetchError("redirects", f"{url}: more than {limits.redirects} redirects", is_passing=False)


def _left(url: str, ends: float, clock: Callable[[], float]) -> float:
    left = ends - clock()
    if left <= 0:
        raise FetchError("too_slow", f"{url} took too long", is_passing=True)
    return left


def _check_status(url: str, status: int) -> None:
    if status == requests.codes.ok:
        return
    if status == requests.codes.not_found:
        raise FetchError("not_found", f"{url}: there is no such page", is_passing=False)
    if status in (requests.codes.forbidden, requests.codes.too_many_requests):
        raise FetchError("refused", f"{url}: refused with {status}: slow down", is_passing=True)
    raise FetchError("status", f"{url}: answered with {status}", is_passing=status >= 500)


def _body(url: str, answer: requests.Response, limits: Limits, ends: float, clock: Callable[[], float]) -> bytes:
    read = bytearray()
    for chunk in answer.iter_content(_CHUNK_BYTES):
        read += chunk
        if len(read) > limits.size_bytes:
            raise FetchError("too_large", f"{url} has more than {limits.size_bytes:,} bytes", is_passing=False)
        _left(url, ends, clock)
    return bytes(read)
