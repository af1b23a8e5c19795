"""Bytewax counting the same: run by an environment of its own, `python -m benchmarks.speed.stream_bytewax REQUEST`.

REQUEST is JSON: servers, topic, stopwords, warm_up_records and `counts`, a file to write the counts to as CSV. Prints,
as JSON, when so many records were read and when all were.
"""

import csv
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from groundswell.domain.keywords import PLATFORM_KEYWORD, keywords_of

_BUCKET_SECONDS = 300
_PATIENCE = timedelta(days=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def main() -> None:
    """Count keywords per 5 minutes by `count_window`."""
    import bytewax.operators as op
    import orjson
    from bytewax.connectors.kafka import operators as kafka
    from bytewax.dataflow import Dataflow
    from bytewax.operators import windowing
    from bytewax.operators.windowing import EventClock, TumblingWindower
    from bytewax.testing import TestingSink, run_main

    request = json.loads(sys.argv[1])
    unwanted = frozenset(request["stopwords"])
    marks: dict[str, float] = {"records": 0, "warm_records": 0, "warm_at": 0.0}
    counts: list[tuple[str, tuple[int, int]]] = []

    def mentions(message: Any) -> Iterator[tuple[str, datetime]]:
        marks["records"] += 1
        if marks["records"] == request["warm_up_records"]:
            marks.update(warm_records=marks["records"], warm_at=time.time())
        post = orjson.loads(message.value)
        names = [tag["HashtagName"] for tag in post["textExtra"] or []]
        names += [challenge["challengeName"] for challenge in post["challengeInfoList"] or []]
        seen_at = _EPOCH + timedelta(milliseconds=message.timestamp[1])
        yield PLATFORM_KEYWORD, seen_at
        for keyword in keywords_of(post["itemInfos"]["text"], names, unwanted):
            yield keyword, seen_at

    flow = Dataflow("keywords")
    settings = {"isolation.level": "read_committed", "log_level": "2"}
    records = kafka.input(
        "posts", flow, brokers=[request["servers"]], topics=[request["topic"]], tail=False, add_config=settings
    )
    found = op.flat_map("mentions", records.oks, mentions)
    # Its clock doesn't tell partitions apart: whatever was read slowly would be late with less patience.
    clock = EventClock(ts_getter=lambda mention: mention[1], wait_for_system_duration=_PATIENCE)
    windower = TumblingWindower(length=timedelta(seconds=_BUCKET_SECONDS), align_to=_EPOCH)
    counted = windowing.count_window("count", found, clock, windower, key=lambda mention: mention[0])
    op.output("counts", counted.down, TestingSink(counts))
    # Nothing is to be recovered: at the end of each epoch the state of every keyword would be copied in vain.
    run_main(flow, epoch_interval=_PATIENCE)
    done_at = time.time()
    with open(request["counts"], "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
        rows = ((window * _BUCKET_SECONDS, keyword, posts) for keyword, (window, posts) in counts)
        csv.writer(file).writerows(rows)
    print(json.dumps({**marks, "done_at": done_at}))  # noqa: T201


if __name__ == "__main__":
    main()
