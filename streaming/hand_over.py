"""Between Spark and what is done with its micro-batches: one is worked through while Spark reads the next.

Spark takes a batch for done when `foreachBatch` returns. By then it is kept in Postgres, so that a process that dies
before the batch is counted loses nothing: the next one begins with it (docs/decisions/0007).
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame

from groundswell.adapters.postgres import transaction
from groundswell.errors import GroundswellError
from streaming import batch_ledger, kept_batches

LOG = logging.getLogger(__name__)

Work = Callable[[pa.Table, str, int], None]
"""Posts of a batch, the query's id, the batch's number -> counted and judged, and in the ledger."""


class HandOver:
    """Takes micro-batches of posts from Spark; made for `foreachBatch`.

    Parameters
    ----------
    connect : callable
        Returns a connection to Postgres.
    work : callable
        Called in one other thread, a batch after the other. A batch may come twice; the ledger tells.
    """

    def __init__(self, connect: Callable[[], Connection], work: Work) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._work = work
        self._worker = ThreadPoolExecutor(1, "groundswell-batches")
        self._doing: Future[None] | None = None
        self._resumed: set[str] = set()
        self._resuming = Lock()

    def __call__(self, posts: DataFrame, batch_id: int) -> None:
        """Keep a batch and have it worked through, once the one before is.

        Raises
        ------
        Exception
            What the batch before died of.
        """
        query_id = posts.sparkSession.sparkContext.getLocalProperty("sql.streaming.queryId")
        if not query_id:
            raise GroundswellError("Spark does not say which query this is, so nothing was counted")
        self.resume(query_id)
        arrived = posts.toArrow()
        self.finish()
        if not arrived.num_rows:
            return
        with transaction(self._open()) as connection:
            if batch_ledger.is_done(connection, query_id, batch_id):
                LOG.info("batch %d was counted and judged already", batch_id)
                return
            kept_batches.keep(connection, query_id, batch_id, arrived)
        self._doing = self._worker.submit(self._work, arrived, query_id, batch_id)

    def resume(self, query_id: str) -> None:
        """Have the batches worked through that another process kept; does so once for a query."""
        with self._resuming:
            if query_id not in self._resumed:
                self._resumed.add(query_id)
                self._doing = self._worker.submit(self._work_through_kept, query_id)

    def is_behind(self) -> bool:
        """Tell whether a batch is being worked through.

        Raises
        ------
        Exception
            What it died of; no other batch is taken after it.
        """
        if self._doing is not None and self._doing.done():
            self._doing.result()
        return self._doing is not None and not self._doing.done()

    def finish(self) -> None:
        """Return when all is worked through; raises as `is_behind` does."""
        if self._doing is not None:
            self._doing.result()

    def close(self) -> None:
        """Wait for the batch that is being worked through, whatever becomes of it, and let go of the database."""
        self._worker.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _work_through_kept(self, query_id: str) -> None:
        connection = self._connect()
        try:
            for batch_id, posts in kept_batches.pending(connection, query_id):
                LOG.info("batch %d was read and not counted before: counting it now", batch_id)
                connection.commit()  # or it would hold back Postgres' upkeep for as long as counting takes
                self._work(posts, query_id, batch_id)
        finally:
            connection.close()

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection
