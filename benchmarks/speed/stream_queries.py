"""A streaming query worked through what is in the topic, and when each of its batches was done."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from pyspark.sql.streaming import StreamingQuery

from benchmarks.speed.stream_rates import Batch
from streaming.watching import failure


def batches_of(query: StreamingQuery) -> list[Batch]:
    """Return the batches of a query that had any records."""
    found = []
    for progress in query.recentProgress:
        if progress["numInputRows"]:
            began_at = datetime.fromisoformat(progress["timestamp"]).timestamp()
            durations = {name: int(value) for name, value in progress["durationMs"].items()}
            done_at = began_at + durations["triggerExecution"] / 1000
            found.append(Batch(progress["numInputRows"], began_at, done_at, durations))
    return found


def wait_for(queries: Sequence[StreamingQuery]) -> None:
    """Return when all have ended.

    Raises
    ------
    QueryFailedError
        One died; the message names the cause.
    """
    while any(query.isActive for query in queries):
        time.sleep(0.1)
    for query in queries:
        if (error := query.exception()) is not None:
            raise failure(query.name, str(error))


def tell(queries: Sequence[StreamingQuery], settled_at: Mapping[str, float] | None = None, **more: Any) -> None:
    """Print what the benchmark wants to know.

    Parameters
    ----------
    queries : sequence of StreamingQuery
    settled_at : mapping of str to float, optional
        When a query's last batch was worked through, where that is later than Spark knows (epoch seconds).
    **more
        Further facts.
    """
    found = {query.name: batches_of(query) for query in queries}
    for name, at in (settled_at or {}).items():
        found[name][-1] = replace(found[name][-1], done_at=at)
    said = {"queries": {name: [asdict(batch) for batch in batches] for name, batches in found.items()}, **more}
    print(json.dumps(said))  # noqa: T201
