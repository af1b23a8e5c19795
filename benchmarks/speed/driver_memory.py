"""What the alerts query's driver keeps in memory, told from what a stream that starts again reads back."""

import gc
import tracemalloc
from dataclasses import dataclass

import pyarrow as pa

from groundswell.adapters.postgres import connect
from groundswell.settings import Settings
from streaming.recent_memory import read_back


@dataclass(frozen=True)
class DriverMemory:
    """Posts of the trailing windows, and the bytes of Python, numpy and Arrow that they take, keywords with them."""

    posts: int
    total_bytes: int


def driver_memory(settings: Settings) -> DriverMemory:
    """Return what a stream would keep that went on from where Postgres says it was."""
    connection = connect(settings)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(stream_time) FROM stream_batches")
            ((stream_time,),) = cursor.fetchall()
        # The first time more is allocated than what is read: modules, buffers, types of the connection.
        read_back(connection, stream_time, settings.stream.evidence_hours)
        gc.collect()
        arrow_bytes = pa.total_allocated_bytes()
        tracemalloc.start()
        recent = read_back(connection, stream_time, settings.stream.evidence_hours)
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes() - arrow_bytes
        return DriverMemory(len(recent.mentions), taken)
    finally:
        tracemalloc.stop()
        connection.close()
