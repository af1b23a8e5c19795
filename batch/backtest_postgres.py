"""Read keywords' own histories, and the platform's, from the nightly counts in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from psycopg2.extensions import connection as Connection  # noqa: N812

from batch.backtest_input import BacktestInput
from batch.backtest_output import safe_name
from groundswell.adapters.postgres import connect, transaction
from groundswell.adapters.stopwords import stopwords
from groundswell.domain.detector.backtest import Series
from groundswell.domain.detector.baseline import DAY_SECONDS, Flags, Floats
from groundswell.domain.keywords import (
    PLATFORM_KEYWORD,
    hashtag_keyword,
    keyword_kind,
    phrase_keyword,
    words_of,
)
from groundswell.errors import InputError
from groundswell.settings import Settings

BUCKET_SECONDS = 300
_BUCKETS_PER_HOUR = 3600 // BUCKET_SECONDS
# Judged, not told: an episode that is open when the first day begins is not opened there.
_WARM_UP = timedelta(days=1)


@dataclass(frozen=True)
class _Span:
    """The history [start, end), told about from `told_from` on; all on full hours.

    `posts` are the platform's in each bucket.
    """

    start: datetime
    told_from: datetime
    end: datetime
    posts: Floats

    @property
    def observed(self) -> Flags:
        """Buckets of an hour in which the platform had posts; the other hours are outages."""
        hours = self.posts.reshape(-1, _BUCKETS_PER_HOUR).any(axis=1)
        return np.repeat(hours, _BUCKETS_PER_HOUR)

    def tick(self, moment: datetime) -> int:
        return max(int((moment - self.start).total_seconds()) // BUCKET_SECONDS, 0)


def read_histories(
    settings: Settings, keywords: Sequence[str], *, platform: bool, days: int, until: datetime | None
) -> list[BacktestInput]:
    """Return the series of keywords and, last, of the platform, in buckets of 5 minutes.

    Parameters
    ----------
    settings : Settings
        Where the database is, and how many weeks before are learned from.
    keywords : sequence of str
        As a person writes them.
    platform : bool
        Whether the platform as a whole is asked for.
    days : int
        How many days are told about, 1 or more.
    until : datetime, optional
        End of the last of them, a full hour; without it, or where it is later, the end of the newest parsed day.

    Raises
    ------
    InputError
        There are no counts, or none of a keyword.
    """
    wanted = list(dict.fromkeys(_keyword(text, settings) for text in keywords))
    connection = connect(settings)
    try:
        with transaction(connection):
            span = _span(connection, settings, days, until)
            inputs = [_keyword_input(connection, settings, keyword, span) for keyword in wanted]
    finally:
        connection.close()
    return [*inputs, _platform_input(span)] if platform else inputs


def _keyword(text: str, settings: Settings) -> str:
    """Return the keyword that a person means."""
    if text.strip().startswith(("#", "＃")):
        if keyword := hashtag_keyword(text):
            return keyword
    elif phrase := phrase_keyword(text):
        return phrase
    elif len(words := words_of(text)) == 1:
        (word,) = words
        if word in stopwords(settings.text.stopword_languages):
            raise InputError(f"{word!r} is on the stopword list, so it is never counted", f"try the hashtag '#{word}'")
        return word
    raise InputError(
        f"{text!r} is no keyword",
        "give a hashtag with its # (quoted), one word, or a phrase of two to six words; --platform is all posts",
    )


def _span(connection: Connection, settings: Settings, days: int, until: datetime | None) -> _Span:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(day), max(day) FROM lake_days WHERE new_posts > 0")
        first, newest = cursor.fetchone() or (None, None)
        if first is None:
            raise InputError("no day has been parsed into Postgres yet", "run `groundswell batch parse-lake --day D`")
        parsed_until = _midnight(newest + timedelta(days=1))
        end = min(until or parsed_until, parsed_until)
        if end.timestamp() % 3600:
            raise InputError(f"--until {end:%Y-%m-%dT%H:%M} is not a full hour", "outages are seen hour by hour")
        begin = end - timedelta(days=days) - timedelta(weeks=settings.detection.history_weeks)
        cursor.execute(
            "SELECT extract(epoch FROM bucket_start)::bigint, posts FROM platform_counts"
            " WHERE bucket_start >= %s AND bucket_start < %s ORDER BY 1",
            [begin, end],
        )
        found = cursor.fetchall()
    if not found:
        raise InputError(
            f"there are no counts between {begin:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC",
            f"days from {first} to {newest} are parsed: choose --until among them",
        )
    start = datetime.fromtimestamp(found[0][0] // 3600 * 3600, UTC)
    told_from = max(start, end - timedelta(days=days))
    return _Span(start, told_from, end, _filled(found, start, end))


def _keyword_input(connection: Connection, settings: Settings, keyword: str, span: _Span) -> BacktestInput:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM bucket_start)::bigint, posts FROM keyword_counts"
            " WHERE keyword = %s AND bucket_start >= %s AND bucket_start < %s",
            [keyword, span.start, span.end],
        )
        found = cursor.fetchall()
        if not found:
            raise _unknown(connection, keyword, span, settings)
    series = Series(
        _filled(found, span.start, span.end)[None, :],
        int(span.start.timestamp()),
        BUCKET_SECONDS,
        span.observed,
        span.posts,
    )
    return _input(keyword, series, span, settings.text.minimum_posts_per_day)


def _platform_input(span: _Span) -> BacktestInput:
    everything = np.ones(len(span.posts), bool)
    series = Series(span.posts[None, :], int(span.start.timestamp()), BUCKET_SECONDS, everything, is_platform=True)
    return _input(PLATFORM_KEYWORD, series, span, 1)


def _input(keyword: str, series: Series, span: _Span, minimum_posts_per_day: int) -> BacktestInput:
    told_from = span.tick(span.told_from)
    ticks = told_from + np.flatnonzero(series.observed[told_from:])
    moments = series.tick_epoch_s[ticks]
    kind = keyword_kind(keyword) if keyword else "platform"
    bare = keyword.removeprefix("#").replace(" ", "_")
    return BacktestInput(
        name=safe_name(f"{kind}_{bare}" if bare else kind),
        title=keyword or "the whole platform",
        series=series,
        ticks=ticks,
        timestamps=[f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}" for moment in moments.tolist()],
        values=[f"{count:.0f}" for count in series.counts[0, ticks].tolist()],
        repairs=_notes(series, span, told_from),
        first_judged_tick=span.tick(span.told_from - _WARM_UP),
        minimum_posts_per_day=minimum_posts_per_day,
    )


def _notes(series: Series, span: _Span, told_from: int) -> tuple[str, ...]:
    notes = []
    silent = int((~span.observed[told_from:]).sum()) // _BUCKETS_PER_HOUR
    if silent:
        meaning = "counted as zero" if series.is_platform else "not judged"
        notes.append(f"{silent:,} h without any post of the platform: {meaning}")
    learned = told_from * BUCKET_SECONDS / DAY_SECONDS
    if learned < 1:
        notes.append(f"counts begin at {span.start:%Y-%m-%d %H:%M} UTC: the first rows have no baseline")
    return tuple(notes)


def _unknown(connection: Connection, keyword: str, span: _Span, settings: Settings) -> InputError:
    other = keyword.removeprefix("#") if keyword.startswith("#") else f"#{keyword.replace(' ', '')}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM keyword_counts WHERE keyword = %s)", [other])
        (there,) = cursor.fetchone() or (False,)
    way_out = f"there are counts of {other!r}; " if there else ""
    if keyword_kind(keyword) == "phrase":
        way_out += (
            f"a phrase is counted once it is watched: `groundswell watchlist add '{keyword}'`, then parse days anew"
        )
    else:
        fewest = settings.text.minimum_posts_per_day
        way_out += f"a keyword with fewer than {fewest} posts in a day is not counted unless it is watched"
    return InputError(
        f"{keyword!r} has no counts between {span.start:%Y-%m-%d} and {span.end:%Y-%m-%d %H:%M} UTC", way_out
    )


def _filled(found: list[tuple[int, int]], start: datetime, end: datetime) -> Floats:
    counts = np.zeros(int((end - start).total_seconds()) // BUCKET_SECONDS)
    for moment, posts in found:
        counts[(moment - int(start.timestamp())) // BUCKET_SECONDS] = posts
    return counts


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
