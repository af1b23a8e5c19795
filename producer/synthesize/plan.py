"""What is to be made: the arguments, and everything that follows from them."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from producer.synthesize.bursts import QUIET, Burst, SpecialKeyword, plan_bursts, rate_scale
from producer.synthesize.rhythm import FloatArray, expected_posts

_CHUNK_POSTS = 20_000
GENERATOR_VERSION = 1


@dataclass(frozen=True)
class Plan:
    """Arguments of a data set; the same plan gives the same bytes.

    Attributes
    ----------
    start : date
        First day (UTC).
    days : int
        Days in all, the day of the bursts among them.
    posts_per_day : int
        Mean number of distinct ordinary posts per day in the first week; growth, planted and repeated ones come on top.
    keywords, authors : int
        Size of the vocabulary and of the population; 0 lets them grow with the number of posts.
    bursts : int
        Planted bursts, all on one day.
    burst_day : date or None
        None is the last day.
    repeats : float
        Share of lines that repeat an earlier id with newer counts.
    bad_lines : int
        Lines that are no post, mixed into the files.
    """

    start: date = date(2026, 6, 1)
    days: int = 28
    posts_per_day: int = 5000
    keywords: int = 0
    authors: int = 0
    seed: int = 7
    bursts: int = 8
    burst_day: date | None = None
    repeats: float = 0.1
    bad_lines: int = 0
    compress: str = "zst"
    split: str = "day"

    def arguments(self) -> dict[str, Any]:
        """Return the arguments as they stand in the manifest."""
        return {**asdict(self), "start": self.start.isoformat(), "burst_day": self.planted_on.isoformat()}

    @property
    def planted_on(self) -> date:
        """The day of the bursts."""
        return self.burst_day or self.last_day

    @property
    def last_day(self) -> date:
        """The last day."""
        return self.start + timedelta(days=self.days - 1)

    @property
    def all_days(self) -> list[date]:
        """Every day, in order."""
        return [self.start + timedelta(days=number) for number in range(self.days)]

    @property
    def keyword_count(self) -> int:
        """Size of the vocabulary: words and hashtags of all languages."""
        # Heaps' law: a larger collection shows more different words.
        return self.keywords or max(5_000, int(60 * (self.days * self.posts_per_day) ** 0.72))

    @property
    def author_count(self) -> int:
        """Size of the population."""
        return self.authors or max(500, self.days * self.posts_per_day // 5)

    @property
    def hours_per_chunk(self) -> int:
        """How many hours are made at a time, so that memory stays flat."""
        return max(1, min(24, 24 * _CHUNK_POSTS // max(self.posts_per_day, 1)))

    @cached_property
    def planted(self) -> list[Burst]:
        """The bursts, with their places in the day."""
        return plan_bursts(self.bursts, self.seed, self.posts_per_day)

    @cached_property
    def specials(self) -> list[SpecialKeyword]:
        """Keywords of known rate: those of the bursts, then the quiet ones."""
        scale = rate_scale(self.posts_per_day)
        quiet = [replace(keyword, posts_per_hour=keyword.posts_per_hour * scale) for keyword in QUIET]
        return [burst.keyword for burst in self.planted] + quiet

    def rng(self, *purpose: int) -> np.random.Generator:
        """Return a generator that depends on the seed and the purpose only."""
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=purpose)))

    def expected_posts(self, day: date) -> FloatArray:
        """Return the expected ordinary posts of a day, by hour (rows) and language (columns)."""
        return expected_posts(day, self.start, self.posts_per_day)

    def special_shares(self, day: date) -> FloatArray:
        """Return the chance that an ordinary post carries a keyword, by hour (rows) and special keyword (columns)."""
        per_hour = max(self.posts_per_day / 24, 1e-9)
        # In a tiny data set the special keywords must not crowd out everything else.
        crowd = sum(keyword.posts_per_hour for keyword in self.specials) * 2.5 / per_hour
        damping = min(1.0, 0.4 / crowd) if crowd else 1.0
        weekday = self.planted_on.weekday()
        return np.array(
            [
                [k.posts_per_hour * k.factor(day, hour, weekday) / per_hour * damping for k in self.specials]
                for hour in range(24)
            ]
        )

    def expected_in_burst(self, burst: Burst) -> float:
        """Return the ordinary posts per hour with a burst's keyword, averaged over its window."""
        column = self.planted.index(burst)
        posts = self.expected_posts(self.planted_on).sum(axis=1)
        per_hour = posts * self.special_shares(self.planted_on)[:, column]
        seconds: NDArray[np.float64] = np.array([_overlap_seconds(burst, hour) for hour in range(24)])
        return float((per_hour * seconds).sum() / seconds.sum())

    def planted_seconds(self, number: int) -> NDArray[np.int64]:
        """Return the seconds of the day at which a burst's posts are planted, by the burst's number."""
        burst = self.planted[number]
        return burst.seconds(self.expected_in_burst(burst), self.rng(3, number))


def _overlap_seconds(burst: Burst, hour: int) -> float:
    return max(0.0, min(burst.end_second, (hour + 1) * 3600) - max(burst.start_second, hour * 3600))


def midnight(day: date) -> int:
    """Return the epoch second at which a day begins (UTC)."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
