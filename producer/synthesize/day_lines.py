"""One day's lines in the order in which they were collected: posts, later repeats, and lines that are no post."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from producer.synthesize.bad_lines import BAD_LINE_KINDS
from producer.synthesize.bursts import DAY_SECONDS
from producer.synthesize.draws import draw
from producer.synthesize.plan import Plan, midnight
from producer.synthesize.posts import Post, PostWriter

_MEAN_DELAY_SECONDS = 5_400.0


@dataclass
class DayCounts:
    """What a day's lines are, for the manifest; and when special keywords were posted, for the truth file."""

    distinct_ids: int = 0
    repeated_lines: int = 0
    planted_posts: int = 0
    not_posts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BAD_LINE_KINDS, 0))
    special_seconds: dict[int, list[int]] = field(default_factory=dict)

    @property
    def posts(self) -> int:
        """Lines that are posts, repeats among them."""
        return self.distinct_ids + self.repeated_lines

    @property
    def lines(self) -> int:
        """All lines."""
        return self.posts + sum(self.not_posts.values())


@dataclass(frozen=True, slots=True, order=True)
class _Later:
    second: int
    number: int
    make: Callable[[], bytes] = field(compare=False)


class DayLines:
    """Makes the lines of single days.

    Parameters
    ----------
    plan : Plan
        The data set.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._writer = PostWriter(plan)
        bad_rng = plan.rng(2)
        self._bad_per_day = bad_rng.multinomial(plan.bad_lines, np.full(plan.days, 1 / plan.days)).tolist()
        self._bad_start = np.cumsum([0, *self._bad_per_day]).tolist()

    def lines(self, day: date, counts: DayCounts) -> Iterator[bytes]:
        """Yield a day's lines, each with its line end, and count them in `counts`."""
        plan, number = self._plan, (day - self._plan.start).days
        rng = plan.rng(1, number)
        planted = self._planted_seconds(day)
        counts.planted_posts = sum(map(len, planted))
        later: list[_Later] = []
        bad_seconds = np.sort(rng.integers(0, DAY_SECONDS, self._bad_per_day[number])) + midnight(day)
        bad = list(zip(bad_seconds.tolist(), self._bad_kinds(number), strict=True))[::-1]
        sequence, line = 0, _PLACEHOLDER
        for hour in range(0, 24, plan.hours_per_chunk):
            hours = range(hour, min(hour + plan.hours_per_chunk, 24))
            draws = draw(plan, day, hours, planted, rng)
            repeats = _repeats(plan.repeats, len(draws.created), rng)
            delays = iter(rng.exponential(_MEAN_DELAY_SECONDS, int(repeats.sum())).tolist())
            for post, times in zip(self._writer.posts(draws, day, rng), repeats.tolist(), strict=True):
                while later and later[0].second <= post.created:
                    yield heapq.heappop(later).make()
                line = post.line()
                while bad and bad[-1][0] <= post.created:
                    kind = bad.pop()[1]
                    counts.not_posts[kind] += 1
                    yield BAD_LINE_KINDS[kind](line)
                yield line
                counts.distinct_ids += 1
                if post.special >= 0:
                    counts.special_seconds.setdefault(post.special, []).append(post.created)
                delay = 0.0
                for seen in range(1, times + 1):
                    delay += _within_day(1 + next(delays), post.created + delay, midnight(day))
                    sequence += 1
                    heapq.heappush(later, _Later(int(post.created + delay), sequence, _seen_again(post, delay, seen)))
                    counts.repeated_lines += 1
        while later:
            yield heapq.heappop(later).make()
        for _, kind in reversed(bad):
            counts.not_posts[kind] += 1
            yield BAD_LINE_KINDS[kind](line)

    def _planted_seconds(self, day: date) -> list[NDArray[np.int64]]:
        if day != self._plan.planted_on:
            return []
        return [self._plan.planted_seconds(number) for number in range(len(self._plan.planted))]

    def _bad_kinds(self, number: int) -> list[str]:
        kinds = list(BAD_LINE_KINDS)
        return [
            kinds[position % len(kinds)] for position in range(self._bad_start[number], self._bad_start[number + 1])
        ]


_PLACEHOLDER = (
    b'{"itemInfos":{"id":"7000000000000000000","text":"","createTime":"1629814400"},"authorInfos":{},"musicInfos":{}}\n'
)


def _repeats(share_of_lines: float, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return how often each post is seen again, so that repeats are the given share of all lines."""
    return rng.poisson(share_of_lines / (1 - share_of_lines), count).astype(np.int64)


def _within_day(delay: float, at: float, day_start: int) -> float:
    room = day_start + DAY_SECONDS - 1 - at
    return delay if delay < room else (delay % room if room > 1 else 0.0)


def _seen_again(post: Post, delay: float, times: int) -> Callable[[], bytes]:
    return lambda: post.line(delay, times)
