"""A way to a server that can be cut, slowed down, or answer that the server is overloaded."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from enum import Enum
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 1 << 16
_SLOW_SECONDS = 1.0
_DONE_SECONDS = 0.3
_BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Mode(Enum):
    """What happens to connections."""

    PASS = "pass"
    AWAY = "away"
    SLOW = "slow"
    BUSY = "busy"


class FlakyProxy:
    """Passes bytes on to a server of this machine, as long as it is told to.

    Parameters
    ----------
    port : int
        Where the server listens.
    """

    def __init__(self, port: int) -> None:
        self.mode = Mode.PASS
        self.struck = dict.fromkeys(Mode, 0)
        self._signs: Sequence[bytes] = ()
        self._seen = 0
        self._after = False
        self._strike: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut()

    def become(self, mode: Mode) -> None:
        """Change the mode; connections that are open are cut."""
        self.mode = mode
        self.cut()

    def strike_at(self, sign: bytes, strike: Callable[[], None]) -> None:
        """Do something, once, when a client sends what has these bytes, and cut it off before the server sees them."""
        self._signs, self._strike = [sign], strike

    def strike_after(self, signs: Sequence[bytes], strike: Callable[[], None]) -> None:
        """Do something, once, when a client has sent these, one after the other, and the server has seen the last.

        The server's answer to it does not come through.
        """
        self._signs, self._strike, self._after = signs, strike, True

    @property
    def has_struck(self) -> bool:
        """Whether what `strike_at` waits for has come."""
        return bool(self._signs) and self._strike is None

    def cut(self) -> None:
        """Cut what is open, also in the middle of an upload."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        mode = self.mode
        self.struck[mode] += 1
        with client, contextlib.suppress(OSError):
            if mode is Mode.AWAY:
                return
            if mode is Mode.BUSY:
                client.recv(_CHUNK_BYTES)
                client.sendall(_BUSY)
                return
            with socket.create_connection(("127.0.0.1", self._server_port)) as server:
                self._open |= {client, server}
                back = threading.Thread(target=self._pass_on, args=[server, client, False], daemon=True)
                back.start()
                self._pass_on(client, server, True)
                back.join()
                self._open -= {client, server}

    def _pass_on(self, source: socket.socket, sink: socket.socket, is_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK_BYTES):
                if is_client and self._is_time(data):
                    if self._after:
                        sink.sendall(data)
                        time.sleep(_DONE_SECONDS)
                    self._struck_now()
                    break
                if not is_client and self._holds_back():
                    continue
                if self.mode is Mode.SLOW:
                    time.sleep(_SLOW_SECONDS)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _is_time(self, data: bytes) -> bool:
        with self._lock:
            while self._seen < len(self._signs) and self._signs[self._seen] in data:
                data = data.partition(self._signs[self._seen])[2]
                self._seen += 1
                if self._seen == len(self._signs):
                    return True
        return False

    def _holds_back(self) -> bool:
        return self._after and self._seen == len(self._signs) and self._strike is not None

    def _struck_now(self) -> None:
        strike, self._strike = self._strike, None
        if strike is not None:
            strike()
        self.cut()
