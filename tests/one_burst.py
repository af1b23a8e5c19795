"""Posts of one keyword that is steady and one that bursts, and the statistics that tell them apart."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from groundswell.contracts.alerts import ALERT_COLUMNS

DAY = datetime(2026, 5, 4, tzinfo=UTC)
POSTS = 1500
BURST = range(800, 900)


def lines() -> list[bytes]:
    """A post every 20 seconds for eight hours; a hundred in a row are of one keyword."""
    made = []
    for number in range(POSTS):
        created_s = int((DAY + timedelta(seconds=20 * number)).timestamp())
        text = "#steady" + " #burst" * (number in BURST)
        made.append({"itemInfos": {"id": f"p{number}", "text": text, "createTime": str(created_s)}})
    return [json.dumps(post).encode() for post in made]


def write_statistics(pipeline: Any, as_of: datetime = DAY) -> None:
    """Statistics by which all but the burst is as ever."""
    pipeline.query(
        "INSERT INTO statistics_versions (version, as_of, kind, keywords, observed_hours, unseen_level,"
        " platform_level, platform_dispersion_hour, platform_dispersion_six_hours, newcomers_per_day, newcomer_tail,"
        " pooled_profile) VALUES (1000, %s, 'full', 2, 672, 0.05, 180, 20, 60, 0.01, 2.5, %s)", as_of, [1.0] * 168,
    )  # fmt: skip
    pipeline.query("CREATE TABLE keyword_statistics_1000 PARTITION OF keyword_statistics FOR VALUES IN (1000)")
    for keyword, level in {"#steady": 180.0, "#burst": 1.0}.items():
        pipeline.query(
            "INSERT INTO keyword_statistics VALUES (1000, %s, %s, 1, 1, NULL, 0.001, 100, 672)", keyword, level
        )
    pipeline.query("INSERT INTO current_statistics (version) VALUES (1000)")


def alerts_of(pipeline: Any) -> list[tuple[Any, ...]]:
    """Return the alerts table as it is, ids included; alerts on the pipeline itself are of another day each time."""
    return sorted(pipeline.query(f"SELECT {', '.join(ALERT_COLUMNS)} FROM alerts WHERE kind <> 'health'"), key=repr)
