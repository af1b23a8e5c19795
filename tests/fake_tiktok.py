"""A TikTok of the tests' own: a proxy that answers for *.tiktok.com itself, by https, with what a test puts there."""

import base64
import contextlib
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

START_PAGE = """<!doctype html><title>TikTok</title><script>
window.byted_acrawler = { frontierSign: (url) => ({ "X-Bogus": "signed" + url.length }) };
</script>"""


@dataclass(frozen=True)
class Answer:
    """What is sent, after a while; `cut` ends the connection in the middle of the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    after_seconds: float = 0.0

    @classmethod
    def of(cls, value: Any, status: int = 200) -> "Answer":
        return cls(json.dumps(value).encode(), status, {"Content-Type": "application/json"})


Give = Callable[[dict[str, str]], Answer]
"""Parameters of the request -> what is sent."""


@dataclass
class FakeTikTok:
    """Answers by host and path; the newest entry for a path stands."""

    port: int
    ca_file: Path
    public_key_digest: str
    answers: dict[str, Give] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, *answers: Answer) -> None:
        """Give these answers one after the other, the last of them from then on."""
        left = list(answers)
        self.answers[path] = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)

    @property
    def variables(self) -> dict[str, str]:
        """Environment of a command that is to find this TikTok."""
        options = [f"--ignore-certificate-errors-spki-list={self.public_key_digest}", "--proxy-bypass-list=<-loopback>"]
        return {
            "GROUNDSWELL_SCRAPE__PROXIES": json.dumps([f"http://127.0.0.1:{self.port}"]),
            "GROUNDSWELL_SCRAPE__CA_FILE": str(self.ca_file),
            "GROUNDSWELL_SCRAPE__BROWSER_OPTIONS": json.dumps(options),
            "GROUNDSWELL_SCRAPE__PACE_SECONDS": "0.01",
            "GROUNDSWELL_SCRAPE__LONGEST_WAIT_SECONDS": "0.1",
        }


@contextmanager
def fake_tiktok(folder: Path) -> Iterator[FakeTikTok]:
    """Run one; robots.txt allows everything until a test says otherwise."""
    authority = trustme.CA()
    server_certificate = authority.issue_cert("tiktok.com", "www.tiktok.com", "*.tiktok.com")
    ca_file = folder / "tiktok-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_certificate.configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(context))
    server.daemon_threads = True
    fake = FakeTikTok(server.server_port, ca_file, _digest(server_certificate.cert_chain_pems[0].bytes()))
    fake.put("/robots.txt", Answer(b"User-agent: *\nAllow: /\n"))
    fake.put(
        "/", Answer(START_PAGE.encode(), 200, {"Content-Type": "text/html", "Set-Cookie": "msToken=token; Path=/"})
    )
    server.fake = fake  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _digest(pem: bytes) -> str:
    key = x509.load_pem_x509_certificate(pem).public_key()
    return base64.b64encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()


def _handler(context: ssl.SSLContext) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            if not self.path.partition(":")[0].endswith("tiktok.com"):
                self.close_connection = True
                return
            try:
                self.connection = context.wrap_socket(self.connection, server_side=True)
            except OSError:
                self.close_connection = True
                return
            self.rfile = self.connection.makefile("rb", -1)
            self.wfile = self.connection.makefile("wb", 0)
            self.close_connection = False

        def do_GET(self) -> None:
            fake: FakeTikTok = self.server.fake  # type: ignore[attr-defined]
            parts = urlsplit(self.path)
            parameters = dict(parse_qsl(parts.query))
            fake.asked.append((parts.path, parameters))
            give = fake.answers.get(parts.path)
            answer = give(parameters) if give else Answer(b"no such page", 404)
            time.sleep(answer.after_seconds)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
            with contextlib.suppress(OSError):  # nobody waits any more
                self.wfile.write(body)
            if answer.cut:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
