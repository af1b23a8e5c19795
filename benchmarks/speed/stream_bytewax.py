"""Bytewax counting the same: run by an environment of its own, `python -m benchmarks.speed.stream_bytewax REQUEST`.

REQUEST is JSON: servers, topic, stopwords, warm_up_records and `counts`, a file to write the counts to as CSV. Prints,
as JSON, when so many records were read and when all were.
"""

import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from groundswell.domain.keywords import PLATFORM_KEYWORD, keywords_of

_BUCKET_SECONDS = 300
_RECORDS_A_BATCH = 10_000
_NEVER = timedelta(days=30)


def main() -> None:
    """Count keywords per 5 minutes, those of a batch of records by hand and the batches by `reduce_final`."""
    import bytewax.operators as op
    import orjson
    from bytewax.connectors.kafka import operators as kafka
    from bytewax.dataflow import Dataflow
    from bytewax.testing import TestingSink, run_main

    request = json.loads(sys.argv[1])
    unwanted = frozenset(request["stopwords"])
    marks: dict[str, float] = {"records": 0, "warm_records": 0, "warm_at": 0.0}
    counts: list[tuple[str, int]] = []

    def counted(messages: list[Any]) -> Iterator[tuple[str, int]]:
        found: Counter[str] = Counter()
        for message in messages:
            post = orjson.loads(message.value)
            names = [tag["HashtagName"] for tag in post["textExtra"] or []]
            names += [challenge["challengeName"] for challenge in post["challengeInfoList"] or []]
            seconds = message.timestamp[1] // 1000
            bucket = f"{seconds - seconds % _BUCKET_SECONDS}\t"
            found[bucket + PLATFORM_KEYWORD] += 1
            found.update(bucket + keyword for keyword in keywords_of(post["itemInfos"]["text"], names, unwanted))
        marks["records"] += len(messages)
        if not marks["warm_records"] and marks["records"] >= request["warm_up_records"]:
            marks.update(warm_records=marks["records"], warm_at=time.time())
        return iter(found.items())

    flow = Dataflow("keywords")
    settings = {"isolation.level": "read_committed", "log_level": "2"}
    records = kafka.input(
        "posts",
        flow,
        brokers=[request["servers"]],
        topics=[request["topic"]],
        tail=False,
        add_config=settings,
        batch_size=_RECORDS_A_BATCH,
    )
    found = op.flat_map_batch("counted", records.oks, counted)
    op.output("counts", op.reduce_final("sum", found, lambda one, other: one + other), TestingSink(counts))
    # Nothing is to be recovered: at the end of each epoch the state of every keyword would be copied in vain.
    run_main(flow, epoch_interval=_NEVER)
    done_at = time.time()
    with open(request["counts"], "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
        rows = ((*key.split("\t"), posts) for key, posts in counts)
        csv.writer(file).writerows(rows)
    print(json.dumps({**marks, "done_at": done_at}))  # noqa: T201


if __name__ == "__main__":
    main()
