"""A page comes whole or not at all, and the reason says why, against a server of this machine."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from groundswell.errors import InputError
from producer.collecting.fetch import Limits, fetch_page
from producer.collecting.hosts import FetchError

PAGE = "<html>día</html>".encode()
LIMITS = Limits(size_bytes=10_000, seconds=2.0, redirects=2)


class Pages(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        path = self.path.strip("/")
        if path.isdigit():
            self.send_response(int(path))
            self.end_headers()
        elif path.startswith("to:"):
            self.send_response(302)
            self.send_header("Location", path.removeprefix("to:"))
            self.end_headers()
        elif path == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(PAGE)
        elif path == "endless":
            self.send_response(200)
            self.end_headers()
            with pytest.raises(OSError):
                while True:
                    self.wfile.write(b"x" * 1000)
        elif path == "slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                self.wfile.write(b"x")
                time.sleep(0.1)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def fetched(url: str, limits: Limits = LIMITS) -> bytes:
    def check(address: str) -> None:
        if "forbidden" in address:
            raise InputError("forbidden", "no")

    with requests.Session() as session:
        session.trust_env = False
        return fetch_page(session, url, limits, check)


def test_a_page_comes_whole(site: str) -> None:
    assert fetched(f"{site}/page") == PAGE


def test_a_redirect_is_followed_and_checked_first(site: str) -> None:
    assert fetched(f"{site}/to:/page") == PAGE
    with pytest.raises(InputError, match="forbidden"):
        fetched(f"{site}/to:/forbidden")


@pytest.mark.parametrize(
    ("path", "reason", "is_passing"),
    [
        ("404", "not_found", False),
        ("403", "refused", True),
        ("429", "refused", True),
        ("500", "status", True),
        ("410", "status", False),
        ("cut", "cut", True),
        ("endless", "too_large", False),
        ("slow", "too_slow", True),
    ],
)
def test_what_does_not_come_says_why(site: str, path: str, reason: str, is_passing: bool) -> None:
    with pytest.raises(FetchError) as refused:
        fetched(f"{site}/{path}", Limits(10_000, 0.5, 2))
    assert (refused.value.reason, refused.value.is_passing) == (reason, is_passing)


def test_redirects_in_a_circle_end(site: str) -> None:
    with pytest.raises(FetchError) as refused:
        fetched(f"{site}/to:/to:/to:/to:/page")
    assert refused.value.reason == "redirects"


def test_a_server_that_is_away_may_come_back() -> None:
    with pytest.raises(FetchError) as refused:
        fetched("http://127.0.0.1:1/page")
    assert refused.value.is_passing
