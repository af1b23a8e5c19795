"""Queries that run: how far they are, and what happens when one dies."""

import itertools
import logging
import time
import traceback
from collections.abc import Callable, Sequence

from pyspark.sql.streaming import StreamingQuery

from groundswell.errors import GroundswellError
from streaming.query_metrics import metrics_of

LOG = logging.getLogger(__name__)
REPORT_SECONDS = 10.0
_LOST_SIGNS = ("failOnDataLoss", "data may have been lost", "data may have been missed", "OffsetOutOfRange")
# SPARK-57438, in 4.1.0 to 4.1.2: a query that resumes with the batch in which it was cut dies in reporting metrics,
# after it committed that batch. Started once more it goes on with the next one.
# Its message has the stack or only what the JVM says of the null, as the session's options have it.
_METRICS_SIGNS = ("KafkaMicroBatchStream$.metrics", 'the return value of "scala.Option.get()" is null')

_STACK_SIGN = "Traceback (most recent call last):"


class QueryFailedError(GroundswellError):
    """A streaming query died."""

    exit_code = 6


class RunningQuery:
    """A query and how it is started.

    Parameters
    ----------
    start : callable
        Starts the query from its checkpoint.
    is_behind : callable
        Tells whether something that the query has read is not worked through yet; raises what went wrong with it.
    """

    def __init__(self, start: Callable[[], StreamingQuery], is_behind: Callable[[], bool] = lambda: False) -> None:
        self._start = start
        self._is_behind = is_behind
        self._query = start()
        self._was_restarted = False
        self._noted = (str(self._query.runId), -1)
        self._records = 0
        self._rate = 0.0
        self._watermark = ""
        self._too_old = 0
        self.metrics: dict[str, float] = {}
        """Of the newest batch that was noted."""
        self.last_record_s = time.time()
        """When the newest record was read, or the query was started, epoch seconds."""

    @property
    def name(self) -> str:
        """The query's name."""
        return self._query.name

    def stop(self) -> None:
        """Stop it; harmless when it has ended."""
        self._query.stop()

    def is_active(self) -> bool:
        """Tell whether it still runs, or what it has read is still being worked through.

        Raises
        ------
        QueryFailedError
            It died; the message names the cause.
        """
        # Asked first: what comes after the query can die while it waits for records.
        self._looked_behind()
        if self._query.isActive:
            return True
        error = self._query.exception()
        if error is None:
            # Asked again: it may have handed over its last batch since.
            return self._looked_behind()
        if not self._was_restarted and any(sign in str(error) for sign in _METRICS_SIGNS):
            LOG.warning("%s: the batch it was cut in is done, starting again (SPARK-57438)", self.name)
            self._was_restarted = True
            self._query = self._start()
            return True
        raise failure(self.name, str(error))

    def _looked_behind(self) -> bool:
        try:
            return self._is_behind()
        except Exception as error:
            raise failure(self.name, "".join(traceback.format_exception(error))) from error

    def note_progress(self) -> None:
        """Take in what the query said of itself since the last time."""
        run = str(self._query.runId)
        for seen in self._query.recentProgress:
            if (run, seen["batchId"]) != self._noted and (run != self._noted[0] or seen["batchId"] > self._noted[1]):
                self._noted = (run, seen["batchId"])
                self._records += seen["numInputRows"]
                self._rate = seen["processedRowsPerSecond"]
                self._watermark = seen["eventTime"].get("watermark", "")
                self._too_old += sum(operator["numRowsDroppedByWatermark"] for operator in seen["stateOperators"])
                if seen["numInputRows"]:
                    self.last_record_s = time.time()
                self.metrics = metrics_of(seen) | {"records_since_start": float(self._records)}

    def __str__(self) -> str:
        """Return the name, the records so far, the newest batch's rate, the watermark and what came before it."""
        watermark = f", watermark {self._watermark}" if self._watermark else ""
        too_old = f", {self._too_old:,} records too old to be counted" if self._too_old else ""
        return f"{self.name}: {self._records:,} records, last batch at {self._rate:,.0f}/s{watermark}{too_old}"


def failure(name: str, text: str) -> QueryFailedError:
    """Return the error that tells a person what a query died of."""
    lines = [line for line in text.splitlines() if line.strip()]
    LOG.debug("%s failed: %s", name, text)
    lost = next((line.strip() for line in lines if any(sign in line for sign in _LOST_SIGNS)), None)
    if lost is not None:
        return QueryFailedError(
            f"{name}: the posts topic no longer holds records that this query has not read",
            "they were expired or the topic was made anew; restore the topic, or delete the checkpoint folder of "
            f"{name} to begin anew with what is there: the loss stays, and what raw_to_lake wrote before and the topic "
            f"still holds will stand in the lake twice ({lost[:200]})",
        )
    return QueryFailedError(
        f"{name} failed: {' | '.join((_raised(lines) or lines)[:3])[:600]}",
        "mend the cause and start again: the query goes on where it was (the whole error: groundswell -v stream)",
    )


def _raised(lines: list[str]) -> list[str]:
    """Return what was raised in Python, where a query died of that: the lines after the last of the stack."""
    starts = [number for number, line in enumerate(lines) if line.rstrip().endswith(_STACK_SIGN)]
    if not starts:
        return []
    after = lines[starts[-1] + 1 :]
    return [line.strip() for line in itertools.dropwhile(lambda line: line.startswith("  "), after)]


def watch(queries: Sequence[RunningQuery], look: Callable[[Sequence[RunningQuery]], None]) -> None:
    """Return when every query has ended, having said now and then how far they are.

    Parameters
    ----------
    queries : sequence of RunningQuery
    look : callable
        Called as often, and at the end, with the queries and what they said of themselves.

    Raises
    ------
    QueryFailedError
        One died.
    """
    reported = time.monotonic()
    # A list, not a generator: each query is looked at, so that the death of one is seen while another runs.
    while any([query.is_active() for query in queries]):  # noqa: C419
        for query in queries:
            query.note_progress()
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            for query in queries:
                LOG.info("%s", query)
            look(queries)
        time.sleep(0.2)
    for query in queries:
        query.note_progress()
        LOG.info("%s; ended", query)
    look(queries)
