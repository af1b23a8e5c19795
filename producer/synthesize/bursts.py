"""Planted bursts, and keywords whose ordinary rise must stay quiet."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.domain.keywords import hashtag_keyword, normal_form

Shape = Literal["pulse", "ramp", "level"]

DAY_SECONDS = 86_400
_STEP_SECONDS = 300
_LEVEL_START_HOUR = 20
_FIRST_START_HOUR = 1.5
_DEMO_POSTS_PER_HOUR = 5000 / 24
_LEAST_POSTS_IN_PEAK_HOUR = 36
_LEAST_LIFT_IN_PEAK_HOUR = 7.0


@dataclass(frozen=True)
class SpecialKeyword:
    """A keyword with a known rate, kept out of the vocabularies so that nothing else makes it.

    Attributes
    ----------
    text : str
        As written, with a leading '#' for a hashtag.
    posts_per_hour : float
        Mean number of ordinary posts in an hour of ordinary size.
    season : str
        ``flat``; ``weekend``, ``evening`` (16:00–21:00 UTC) or ``weekly`` (two hours of one weekday), when it rises by
        `season_factor`.
    """

    text: str
    posts_per_hour: float
    season: str = "flat"
    season_factor: float = 1.0

    @property
    def is_hashtag(self) -> bool:
        """Whether it is a hashtag, not a word."""
        return self.text.startswith("#")

    def factor(self, day: date, hour: int, show_weekday: int) -> float:
        """Return how many times its ordinary share it has in an hour."""
        raised = {
            "weekend": day.weekday() >= 5,
            "evening": 16 <= hour < 21,
            "weekly": day.weekday() == show_weekday and hour in (18, 19),
        }.get(self.season, False)
        return self.season_factor if raised else 1.0


QUIET = (
    SpecialKeyword("#weekendwaffleclub", 1.2, "weekend", 6.0),
    SpecialKeyword("#dämmerungsspaziergang", 0.8, "evening", 5.0),
    SpecialKeyword("#quizshowkrautrock", 1.5, "weekly", 4.0),
)


@dataclass(frozen=True)
class BurstKind:
    """What a burst looks like before it has a place in the day."""

    text: str
    shape: Shape
    hours: float
    size: float
    posts_per_hour: float
    language: str


# A level shift comes last in the day: it has no end.
_KINDS = (
    BurstKind("#velvetlantern", "pulse", 1, 8, 4.5, "en"),
    BurstKind("#copperkraken", "ramp", 3, 12, 3.0, "es"),
    BurstKind("#brightfjordchallenge", "level", 4, 8, 4.0, "en"),
    BurstKind("thunderglass", "pulse", 2, 9, 4.0, "en"),
    BurstKind("#slowstrawbridge", "pulse", 1, 20, 0.3, "de"),
    BurstKind("#zwinkflip", "pulse", 2, 0, 0.0, "en"),
    BurstKind("#น้ำแข็งไสยักษ์", "pulse", 1, 9, 3.0, "th"),
    BurstKind("#花火大会2026", "ramp", 2, 12, 2.5, "ja"),
)  # fmt: skip
_NEW_POSTS_PER_HOUR = 75.0
_COINED = (
    ("silver", "midnight", "paper", "northern", "crystal", "plastic", "hidden", "frozen", "electric", "purple"),
    ("spark", "thrift", "blimp", "sphinx", "clash", "sprint", "glitch", "drift", "stomp", "brunch"),
)


@dataclass(frozen=True)
class Burst:
    """A burst with its place in the day; seconds are from the day's midnight."""

    keyword: SpecialKeyword
    shape: Shape
    start_second: int
    end_second: int
    size: float
    language: str

    @property
    def is_new(self) -> bool:
        """Whether the keyword was never seen before the burst."""
        return self.keyword.posts_per_hour == 0

    def seconds(self, expected_per_hour: float, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the planted posts' seconds of the day, sorted.

        Parameters
        ----------
        expected_per_hour : float
            Ordinary posts per hour with the keyword, over the window.
        rng : numpy.random.Generator
            Where within the window each post falls.
        """
        duration = self.end_second - self.start_second
        peak = max(
            _NEW_POSTS_PER_HOUR if self.is_new else _LEAST_POSTS_IN_PEAK_HOUR,
            (self.size - 1) * expected_per_hour,
            _LEAST_LIFT_IN_PEAK_HOUR * expected_per_hour,
        )
        hours = duration / 3600
        if self.shape == "ramp":
            # The last hour of a ramp to `top` holds top * (1 - 1/(2 hours)) posts.
            top = peak / (1 - 1 / (2 * hours)) if hours > 1 else peak * 2
            offsets = np.sqrt(rng.random(math.ceil(top * hours / 2))) * duration
        else:
            offsets = rng.random(math.ceil(peak * hours)) * duration
        return np.sort(self.start_second + offsets.astype(np.int64))


def plan_bursts(count: int, seed: int, posts_per_day: float) -> list[Burst]:
    """Spread bursts of different kinds over a day.

    Parameters
    ----------
    count : int
        How many. The first eight are of the eight kinds; further ones repeat the kinds with coined names.
    seed : int
        Moves the starts by up to an hour and coins the names.
    posts_per_day : float
        A keyword's ordinary rate grows with the root of the platform's.
    """
    rng = np.random.default_rng([seed, 0xB0257])
    scale = rate_scale(posts_per_day)
    kinds = [_kind(number, rng) for number in range(count)]
    movable = [kind for kind in kinds if kind.shape != "level"]
    free_hours = max(_LEVEL_START_HOUR - _FIRST_START_HOUR - sum(kind.hours for kind in movable), 0)
    gap_hours = free_hours / max(len(movable), 1)
    bursts, hour = [], _FIRST_START_HOUR
    for kind in kinds:
        if kind.shape == "level":
            start, end = _LEVEL_START_HOUR * 3600, DAY_SECONDS
        else:
            # Beyond a dozen bursts the day is full and they overlap.
            at_hour = min(hour + gap_hours * rng.random() * 0.9, 24 - kind.hours)
            hour = (hour + kind.hours + gap_hours) % _LEVEL_START_HOUR
            start = int(at_hour * 3600) // _STEP_SECONDS * _STEP_SECONDS
            end = start + int(kind.hours * 3600)
        keyword = SpecialKeyword(kind.text, kind.posts_per_hour * scale)
        bursts.append(Burst(keyword, kind.shape, start, end, kind.size, kind.language))
    return bursts


def rate_scale(posts_per_day: float) -> float:
    """Return by how much the rate of a special keyword differs from its rate at 5,000 posts a day.

    >>> rate_scale(20_000)
    2.0
    """
    return math.sqrt(max(posts_per_day, 1) / 24 / _DEMO_POSTS_PER_HOUR)


def _kind(number: int, rng: np.random.Generator) -> BurstKind:
    kind = _KINDS[number % len(_KINDS)]
    if number < len(_KINDS):
        return kind
    first, second = (str(rng.choice(names)) for names in _COINED)
    text = ("#" if kind.text.startswith("#") else "") + f"{first}{second}{number}"
    return BurstKind(text, kind.shape, kind.hours, kind.size, kind.posts_per_hour, "en")


def truth_keyword(keyword: SpecialKeyword) -> str:
    """Return the keyword in the form in which the pipeline compares keywords."""
    tag = hashtag_keyword(keyword.text) if keyword.is_hashtag else None
    return tag or normal_form(keyword.text)
