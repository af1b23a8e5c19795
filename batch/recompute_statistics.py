"""Recompute what is normal for each keyword, and switch to it."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame, SparkSession

from batch.copying import copy_frame
from batch.statistics_history import (
    Span,
    full_span,
    hourly_counts,
    light_span,
    platform_posts,
    without_unread_start,
)
from batch.statistics_versions import (
    Kind,
    VersionRow,
    current_version,
    drop_old_versions,
    drop_version,
    newcomer_tail_of,
    publish,
    reserve_version,
    table_of,
)
from groundswell.adapters.postgres import connect, session_lock
from groundswell.adapters.spark import read_postgres
from groundswell.adapters.suppressions import taught_hours_table
from groundswell.domain.detector.baseline import Floats, History, Season, unseen_level
from groundswell.domain.detector.baseline_fit import DEFAULTS, fit_platform
from groundswell.domain.detector.seasonal_fit import Fitted
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.errors import InputError
from groundswell.frames.baselines import Platform, keyword_statistics
from groundswell.settings import Settings

LOG = logging.getLogger(__name__)


def recompute_statistics(
    settings: Settings,
    make_session: Callable[[], SparkSession],
    as_of: datetime | None,
    kind: Kind,
    keep_newer: bool = False,
) -> dict[str, Any]:
    """Write a new version of the statistics and switch to it.

    Parameters
    ----------
    settings : Settings
    make_session : callable
        Makes the Spark session once it is known that there is work.
    as_of : datetime or None
        Only counts before it are used; None, for a light refresh, stands for the newest full hour.
    kind : {"full", "light"}
        Light keeps the profiles of the current version and fits level and dispersion only.
    keep_newer : bool
        Write the version, but do not switch to it where a full one of a later time is kept: for backfills.

    Returns
    -------
    dict
        What was done, for people and for --json.
    """
    connection = connect(settings, application_name="groundswell recompute-statistics")
    try:
        with session_lock(connection, "recompute-statistics"):
            return _recompute(connection, settings, make_session, as_of, kind, keep_newer)
    finally:
        connection.close()


def _recompute(
    connection: Connection,
    settings: Settings,
    make_session: Callable[[], SparkSession],
    as_of: datetime | None,
    kind: Kind,
    keep_newer: bool,
) -> dict[str, Any]:
    current = current_version(connection) if kind == "light" else None
    span = _span(connection, as_of, kind, settings.detection.history_weeks)
    posts = platform_posts(connection, span)
    observed = int((posts > 0).sum())
    if not observed:
        raise InputError(
            f"no post was counted from {span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M}",
            "run `groundswell batch parse-lake` for those days first",
        )
    span, posts = without_unread_start(span, posts, DEFAULTS.refresh_slots)
    LOG.info("fitting the platform: %d observed hours with %d posts", observed, int(posts.sum()))
    told = taught_hours_table(connection, span.start, span.end)
    fitted, history = _platform(posts, span, told, None if current is None else current.pooled_profile)
    unseen = unseen_level(settings.text.minimum_posts_per_day, observed)
    platform = Platform(history, fitted.profiles[0], int(posts.sum()), unseen)
    spark = make_session()
    counts = hourly_counts(spark, settings, span)
    kept = None if current is None else _profiles_of(spark, settings, current.version)
    row = VersionRow(
        as_of=span.end,
        kind=kind,
        observed_hours=observed,
        unseen_level=unseen,
        platform_level=float(fitted.levels[0]),
        platform_dispersion_hour=float(fitted.dispersions[0, 0]),
        platform_dispersion_six_hours=float(fitted.dispersions[0, 1]),
        pooled_profile=platform.pooled_profile.tolist(),
    )
    statistics = keyword_statistics(counts, platform, kept, _taught_keywords(spark, told))
    version, keywords, switched = _write(connection, settings, statistics, row, keep_newer)
    return {
        "version": version,
        "in_force": switched,
        "kind": kind,
        "as_of": span.end.isoformat(),
        "keywords": keywords,
        "observed_hours": observed,
        "platform_posts": platform.posts,
        "unseen_level": unseen,
        "dropped_versions": drop_old_versions(connection),
    }


def _platform(posts: Floats, span: Span, told: pa.Table, kept_profile: Floats | None) -> tuple[Fitted, History]:
    """Fit the platform; hours of an event that every keyword shares are as if nobody had looked."""
    hours, of_all = told["hour"].to_numpy(), told["keyword"].is_null().to_numpy(zero_copy_only=False)
    taken_whole = np.zeros((1, span.hours), bool)
    taken_whole[0, hours[pc.equal(told["keyword"], PLATFORM_KEYWORD).fill_null(False).to_numpy()]] = True
    known = posts.copy()
    known[hours[of_all]] = 0
    season = Season(int(span.start.timestamp()))
    return fit_platform(known, season, kept_profile=kept_profile, taken_whole=taken_whole)


def _taught_keywords(spark: SparkSession, told: pa.Table) -> DataFrame | None:
    of_keywords = told.filter(pc.not_equal(told["keyword"], PLATFORM_KEYWORD))
    return spark.createDataFrame(of_keywords) if of_keywords.num_rows else None


def _span(connection: Connection, as_of: datetime | None, kind: Kind, weeks: int) -> Span:
    if kind == "light":
        return light_span(connection, as_of, weeks)
    if as_of is None:
        raise InputError("a full recomputation needs --as-of", "name the first day that is not to be used")
    return full_span(as_of, weeks)


def _profiles_of(spark: SparkSession, settings: Settings, version: int) -> DataFrame:
    query = f"SELECT keyword, profile FROM keyword_statistics WHERE version = {version}"
    return read_postgres(spark, settings, query)


def _write(
    connection: Connection, settings: Settings, statistics: DataFrame, row: VersionRow, keep_newer: bool
) -> tuple[int, int, bool]:
    version = reserve_version(connection)
    try:
        LOG.info("reading, fitting and loading keywords: version %d", version)
        keywords = copy_frame(statistics, settings, table_of(version))
        LOG.info("switching to the version: %d keywords", keywords)
        tail = newcomer_tail_of(connection, version, row.observed_hours)
        switched = publish(connection, version, keywords, row, tail, keep_newer)
    except BaseException:
        connection.rollback()
        drop_version(connection, version)
        raise
    return version, keywords, switched
