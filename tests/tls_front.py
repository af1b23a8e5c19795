"""TLS before a server of this machine: the bundled Postgres is built without it, and S3Proxy has it for others only."""

import asyncio
import contextlib
import ssl
import threading
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 1 << 16
_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


class TlsFront:
    """Takes TLS connections and passes on what is in them.

    Parameters
    ----------
    port : int
        Where the server listens, without TLS.
    context : ssl.SSLContext
        With key and certificate.
    starts_plain : bool
        As Postgres: a client first asks whether there is TLS, and who doesn't ask is turned away.
    """

    def __init__(self, port: int, context: ssl.SSLContext, starts_plain: bool = False) -> None:
        self.served = 0
        self.port = 0
        self._server_port = port
        self._context = context
        self._starts_plain = starts_plain
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.set_exception_handler(lambda *_: None)  # A refused handshake is the client's to tell.
        context = None if self._starts_plain else self._context
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self._starts_plain:
                if await reader.readexactly(len(_SSL_REQUEST)) != _SSL_REQUEST:
                    writer.close()
                    return
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(self._context)
            self.served += 1
            back, forth = await asyncio.open_connection("127.0.0.1", self._server_port)
            await asyncio.gather(_pass_on(reader, forth), _pass_on(back, writer))


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK_BYTES):
            sink.write(data)
            await sink.drain()
    sink.close()
