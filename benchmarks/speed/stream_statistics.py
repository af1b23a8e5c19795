"""Keyword statistics for the benchmark's data, so that the stream's join and its scores have something to do."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import orjson

from batch.statistics_versions import VersionRow, publish, reserve_version, table_of
from benchmarks.speed.children import Say
from benchmarks.speed.stream_data import StreamPosts
from groundswell.adapters.postgres import connect, copy_rows, transaction
from groundswell.contracts.tables import KEYWORD_STATISTICS
from groundswell.domain.detector.baseline import Floats, slot_of_week, unseen_level
from groundswell.domain.detector.newcomers import NewcomerTail
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.settings import Settings

_HISTORY_WEEKS = 8
_HISTORY_HOURS = _HISTORY_WEEKS * 7 * 24
_WEEK_HOURS = 7 * 24
_DISPERSIONS = (1.5, 2.0)
_PLATFORM_DISPERSIONS = (2.0, 4.0)
_NEWCOMERS = NewcomerTail(per_day=50.0, tail=2.5)
# Few hours stand for days here: by the detector's own rule nearly every keyword would have a profile.
_POSTS_FOR_PROFILE = 4
_ROWS_A_CHUNK = 10_000


def make_statistics(settings: Settings, posts: StreamPosts, say: Say) -> int:
    """Write and publish a version that has a row for every keyword of the data, as if each had always been so loud.

    Keywords with several posts have a profile, the platform's.

    Parameters
    ----------
    settings : Settings
        Of the running, migrated stack.
    posts : StreamPosts
    say : callable

    Returns
    -------
    int
        How many keywords it has.
    """
    profile, hours, first_s = _platform(posts)
    level = posts.facts.posts / hours
    connection = connect(settings, application_name="groundswell bench")
    try:
        version = reserve_version(connection)
        with transaction(connection):
            rows = _rows(posts, version, profile, hours)
            keywords = copy_rows(connection, table_of(version), KEYWORD_STATISTICS.column_names, rows)
        row = VersionRow(
            as_of=datetime.fromtimestamp(first_s, UTC),
            kind="full",
            observed_hours=_HISTORY_HOURS,
            unseen_level=unseen_level(settings.text.minimum_posts_per_day, _HISTORY_HOURS),
            platform_level=level,
            platform_dispersion_hour=_PLATFORM_DISPERSIONS[0],
            platform_dispersion_six_hours=_PLATFORM_DISPERSIONS[1],
            pooled_profile=profile.tolist(),
        )
        publish(connection, version, keywords, row, _NEWCOMERS, keep_newer=False)
    finally:
        connection.close()
    say(f"statistics of {keywords:,} keywords in Postgres")
    return keywords


def _platform(posts: StreamPosts) -> tuple[Floats, int, int]:
    """Return the factor of each hour of the week, how many hours the data spans, and the first one's start."""
    with posts.path.open("rb") as file:
        created = [int(orjson.loads(line)["itemInfos"]["createTime"]) for line in file]
    first_s = created[0] - created[0] % 3600
    by_hour = np.bincount((np.array(created) - first_s) // 3600)
    factors = np.ones(_WEEK_HOURS)
    slots = slot_of_week(first_s + 3600 * np.arange(len(by_hour)))
    factors[slots] = np.maximum(by_hour / by_hour.mean(), 0.05)
    return factors / factors.mean(), len(by_hour), first_s


def _rows(posts: StreamPosts, version: int, profile: Floats, hours: int) -> Iterator[str]:
    own = '"{' + ",".join(f"{factor:.4f}" for factor in profile) + '}"'
    lines: list[str] = []
    with posts.totals.open(encoding="utf-8", newline="") as file:
        for keyword, text in csv.reader(file):
            if keyword == PLATFORM_KEYWORD:
                continue
            count = int(text)
            level = count / hours
            expected = round(level * _HISTORY_HOURS)
            has_profile = count >= _POSTS_FOR_PROFILE
            lines.append(
                f"{version},{keyword},{level:.6g},{_DISPERSIONS[0]},{_DISPERSIONS[1]},{own if has_profile else ''},"
                f"{count / posts.facts.posts:.6g},{expected},{_HISTORY_HOURS},\n"
            )
            if len(lines) == _ROWS_A_CHUNK:
                yield "".join(lines)
                lines.clear()
    yield "".join(lines)
