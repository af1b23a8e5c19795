"""The dice: every random choice of a few hours of posts, drawn together as arrays."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from producer.synthesize.languages import EMOJI, GLOBAL_HASHTAGS, LANGUAGES
from producer.synthesize.plan import Plan, midnight
from producer.synthesize.rhythm import FloatArray, local_hours, local_weekend

IntArray = NDArray[np.int64]

_SHARES = np.array([language.share for language in LANGUAGES])
_SHARES = _SHARES / _SHARES.sum()
_HEAD_WORDS = np.array([len(language.words) for language in LANGUAGES])
_HEAD_HASHTAGS = np.array([len(language.hashtags) for language in LANGUAGES])
_WORD_EXPONENT, _WORD_OFFSET = 1.05, 4.0
_HASHTAG_EXPONENT, _HASHTAG_OFFSET = 1.02, 12.0
_AUTHOR_EXPONENT, _AUTHOR_OFFSET = 1.1, 25.0
_HASHTAG_PART_OF_KEYWORDS = 0.6


@dataclass(frozen=True)
class Draws:
    """Choices for some hours of posts, one array entry per post and sorted by creation time, except as noted.

    `words` and `hashtags` are flat, `word_ends` and `hashtag_ends` say where each post's part ends; a negative hashtag
    is one of the global ones (-1 is the first). `special` is -1 or the number of a special keyword.
    """

    created: IntArray
    post_ids: NDArray[np.uint64]
    languages: IntArray
    authors: IntArray
    words: IntArray
    word_ends: IntArray
    hashtags: IntArray
    hashtag_ends: IntArray
    emoji: IntArray
    style: FloatArray
    special: IntArray
    planted: NDArray[np.bool_]
    plays: FloatArray
    likes: FloatArray
    age_seconds: FloatArray


def draw(plan: Plan, day: date, hours: range, planted: list[IntArray], rng: np.random.Generator) -> Draws:
    """Draw the posts of some hours of a day.

    Parameters
    ----------
    plan : Plan
        The data set.
    day : date
        The day.
    hours : range
        Hours of the day to make.
    planted : list of arrays
        For each burst, the seconds of the day of its planted posts.
    rng : numpy.random.Generator
        The source of all choices.
    """
    rates = plan.expected_posts(day)
    seconds, special = _times(rates, hours, planted, rng)
    count, hour = len(seconds), seconds // 3600
    is_planted = special >= 0
    languages = _pick_rows(rates, hour, rng)
    _lean_to_home_language(languages, special, plan, rng)
    ordinary_special = _special(plan, day, hour, rng)
    special = np.where(is_planted, special, ordinary_special)

    population = np.maximum((plan.author_count * _SHARES).astype(np.int64), 50)[languages]
    authors = _zipf(population, _AUTHOR_EXPONENT, _AUTHOR_OFFSET, rng)
    # A burst is many people, not the few who always post.
    authors = np.where(is_planted, (rng.random(count) * population).astype(np.int64), authors)

    style = rng.random(count)
    word_counts = np.minimum(rng.geometric(1 / 6.5, count), 30)
    word_counts[style < 0.20] = 0
    hashtag_counts = np.minimum(rng.geometric(1 / 3.4, count), 14)
    hashtag_counts[(style < 0.05) | (style > 0.85)] = 0
    created = midnight(day) + seconds
    return Draws(
        created=created,
        post_ids=_post_ids(created, rng),
        languages=languages,
        authors=authors,
        words=_keywords(plan, day, hour, languages, word_counts, False, rng),
        word_ends=np.cumsum(word_counts),
        hashtags=_keywords(plan, day, hour, languages, hashtag_counts, True, rng),
        hashtag_ends=np.cumsum(hashtag_counts),
        emoji=np.where(rng.random(count) < 0.35, rng.integers(0, len(EMOJI), count), -1),
        style=rng.random(count),
        special=special,
        planted=is_planted,
        plays=np.exp(rng.normal(7.5, 1.9, count)) * (1 + 40 / (1 + authors)),
        likes=rng.beta(2, 14, count),
        age_seconds=rng.exponential(1500, count) + 30,
    )


def _times(
    rates: FloatArray, hours: range, planted: list[IntArray], rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Return seconds of the day, sorted, and the number of the burst that planted each, or -1."""
    per_hour = rng.poisson(rates[hours.start : hours.stop].sum(axis=1))
    ordinary = np.repeat(np.array(hours) * 3600, per_hour) + rng.integers(0, 3600, per_hour.sum())
    low, high = hours.start * 3600, hours.stop * 3600
    inside = [part[(part >= low) & (part < high)] for part in planted]
    seconds = np.concatenate([ordinary, *inside])
    burst = np.concatenate(
        [np.full(len(ordinary), -1), *(np.full(len(part), number) for number, part in enumerate(inside))]
    )
    order = np.argsort(seconds, kind="stable")
    return seconds[order].astype(np.int64), burst[order].astype(np.int64)


def _pick_rows(weights: FloatArray, rows: IntArray, rng: np.random.Generator) -> IntArray:
    """For each row number pick a column with the row's weights."""
    cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    picked = (cumulative[rows] < rng.random(len(rows))[:, None]).sum(axis=1)
    return np.asarray(np.minimum(picked, weights.shape[1] - 1), np.int64)


def _lean_to_home_language(languages: IntArray, burst: IntArray, plan: Plan, rng: np.random.Generator) -> None:
    codes = [language.code for language in LANGUAGES]
    home = np.array([codes.index(b.language) for b in plan.planted] + [0])
    leaning = (burst >= 0) & (rng.random(len(burst)) < 0.25)
    languages[leaning] = home[burst[leaning]]


def _special(plan: Plan, day: date, hour: IntArray, rng: np.random.Generator) -> IntArray:
    cumulative = np.cumsum(plan.special_shares(day), axis=1)
    column = (cumulative[hour] < rng.random(len(hour))[:, None]).sum(axis=1)
    return np.where(column < cumulative.shape[1], column, -1)


def _post_ids(created: IntArray, rng: np.random.Generator) -> NDArray[np.uint64]:
    # A count within the second keeps the ids apart; the platform's own ids hold a sequence too.
    first = np.searchsorted(created, created, side="left")
    sequence = (np.arange(len(created)) - first).astype(np.uint64)
    low = (sequence << np.uint64(16)) | rng.integers(0, 1 << 16, len(created), dtype=np.uint64)
    return (created.astype(np.uint64) << np.uint64(32)) | low


def _keywords(
    plan: Plan,
    day: date,
    hour: IntArray,
    languages: IntArray,
    counts: IntArray,
    hashtags: bool,
    rng: np.random.Generator,
) -> IntArray:
    """Return ranks of words or hashtags, flat, each fitting its language and season."""
    part = _HASHTAG_PART_OF_KEYWORDS if hashtags else 1 - _HASHTAG_PART_OF_KEYWORDS
    heads = _HEAD_HASHTAGS if hashtags else _HEAD_WORDS
    sizes = np.maximum((plan.keyword_count * part * _SHARES).astype(np.int64), heads)
    exponent, offset = (_HASHTAG_EXPONENT, _HASHTAG_OFFSET) if hashtags else (_WORD_EXPONENT, _WORD_OFFSET)
    flat_language, flat_hour = np.repeat(languages, counts), np.repeat(hour, counts)
    ranks = _zipf(sizes[flat_language], exponent, offset, rng)
    # Drawn once more without a look at the season, so that a few mentions stray out of it.
    off_season = _off_season(ranks, flat_language, flat_hour, day, 0 if hashtags else heads)
    redrawn = _zipf(sizes[flat_language[off_season]], exponent, offset, rng)
    ranks[off_season] = redrawn
    if hashtags:
        everybodys = rng.random(len(ranks)) < 0.22
        chosen = (rng.random(int(everybodys.sum())) ** 1.6 * len(GLOBAL_HASHTAGS)).astype(np.int64)
        ranks[everybodys] = -1 - chosen
    return ranks


def _off_season(
    ranks: IntArray, languages: IntArray, hour: IntArray, day: date, heads: IntArray | int
) -> NDArray[np.bool_]:
    """Return which draws fall outside their keyword's season; ordinary words and 3 of 4 others have none."""
    hashed = (ranks * 2_654_435_761 + languages * 97) >> 7
    season = hashed & 15
    local_hour, weekend = local_hours()[hour, languages], local_weekend(day)[hour, languages]
    evening, morning = local_hour >= 18, (local_hour >= 5) & (local_hour < 11)
    out = (
        ((season == 0) & ~weekend) | ((season == 1) & weekend) | ((season == 2) & ~evening) | ((season == 3) & ~morning)
    )
    bare_head = ranks < (heads[languages] if isinstance(heads, np.ndarray) else heads)
    return np.asarray(out & ~bare_head)


def _zipf(sizes: IntArray, exponent: float, offset: float, rng: np.random.Generator) -> IntArray:
    """Draw ranks 0..size-1 with a chance falling as (rank + offset) ** -exponent."""
    power = 1 - exponent
    low = offset**power
    high = (sizes + offset) ** power
    ranks = (low + (high - low) * rng.random(len(sizes))) ** (1 / power) - offset
    return np.asarray(np.clip(ranks.astype(np.int64), 0, sizes - 1), np.int64)
