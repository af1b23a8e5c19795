"""Which buckets open an episode, which carry it on, and what each opening changes for the next."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import pytest

from groundswell.domain.detector.baseline import Baselines
from groundswell.domain.detector.candidates import DISCOVERY, PLATFORM, WATCHLIST, Candidates, Population
from groundswell.domain.detector.newcomers import NewcomerTail
from groundswell.domain.detector.score import Thresholds, critical_z, p_value, q_value
from groundswell.domain.detector.windows import Ticks, Windows, judged_windows
from groundswell.domain.episodes import Episode
from groundswell.domain.evidence import EvidencePost
from groundswell.domain.keywords import PLATFORM_KEYWORD
from groundswell.domain.suppression import Dismissal, SuppressionWindow, Told
from streaming.episode_walk import EpisodeWalk, close_quiet
from streaming.recent_mentions import Behind, ShownPost

BUCKET_S = 300
HOUR = 12
HOUR_S = 3600
DAY_S = 24 * HOUR_S
START_S = 4 * DAY_S + 100 * DAY_S
BEFORE = 71
THRESHOLDS = Thresholds()
POPULATION = Population(1000, NewcomerTail(0.01, 2.5))
PLATFORM_LEVEL = 1200.0


def at(tick: int) -> int:
    return START_S + tick * BUCKET_S


@dataclass
class World:
    """What is posted in each bucket, the first `BEFORE` of which are the past, by how many authors with how many texts.

    A keyword has one post an hour where its level says nothing else.
    """

    ticks: int
    posts: dict[str, dict[int, int]]
    levels: dict[str, float] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    authors: int = 10**6
    texts: int = 10**6
    told: Sequence[Told] = ()
    platform: dict[int, int] = field(default_factory=dict)
    asked_for: list[tuple[int, int]] = field(default_factory=list)
    read: int = 0

    @cached_property
    def counts(self) -> np.ndarray:
        """One row for the platform, one for each keyword."""
        levels = [PLATFORM_LEVEL, *(self.levels.get(keyword, 0.0) for keyword in self.posts)]
        counts = np.repeat(np.round(np.array(levels) / HOUR)[:, None], self.ticks + BEFORE, axis=1)
        for row, changes in enumerate([self.platform, *self.posts.values()]):
            for tick, number in changes.items():
                counts[row, BEFORE + tick] = number
        return counts

    def candidates(self, first: int, end: int) -> Candidates:
        size = len(self.posts) + 1
        levels = np.array([PLATFORM_LEVEL, *(self.levels.get(keyword, 1.0) for keyword in self.posts)])
        baselines = Baselines(levels, np.ones((size, 2)), np.zeros((0, 168)), np.full(size, -1))
        counts = self.counts[:, first : end + BEFORE]
        width = counts.shape[1]
        ticks = Ticks(np.zeros(width, np.int64), np.ones(width), BEFORE, BUCKET_S)
        windows = judged_windows(counts, baselines, np.ones(168), ticks)
        modes = [PLATFORM, *(self.modes.get(keyword, DISCOVERY) for keyword in self.posts)]
        return Candidates([PLATFORM_KEYWORD, *self.posts], modes, np.zeros(size, bool), np.zeros(size), windows)

    def behind(self, keywords: Collection[str], start_s: int, end_s: int) -> dict[str, Behind]:
        """Say which window was asked for in the id of the only post that is shown."""
        self.asked_for.append((start_s, end_s))
        names, counts = [PLATFORM_KEYWORD, *self.posts], self.counts
        first, end = ((each - START_S) // BUCKET_S + BEFORE for each in (start_s, end_s))
        found = {}
        for keyword in keywords:
            posts = int(counts[names.index(keyword), max(first, 0) : end].sum())
            if posts:
                top = (ShownPost(f"{keyword} until {end_s}", (end_s - 1) * 1_000_000, posts),)
                found[keyword] = Behind(posts, min(posts, self.authors), min(posts, self.texts), top)
        return found

    def written(self, posts: Collection[ShownPost]) -> dict[ShownPost, EvidencePost]:
        self.read += 1
        return {
            post: EvidencePost(post.post_id, "ana", "", post.engagement, post.seen_at_us // 1_000_000, "")
            for post in posts
        }

    def run(self, *cuts: int) -> list[Episode]:
        """Walk through all ticks, in runs that end at the cuts, as the stream does: only what was saved is known."""
        reached: list[Episode] = []
        for first, end in zip((0, *cuts), (*cuts, self.ticks), strict=True):
            saved = newest(reached)
            latest = {(e.keyword, e.direction): e for e in sorted(saved.values(), key=lambda each: each.opened_at_s)}
            discovered = [
                e.opened_at_s for e in saved.values() if e.mode == DISCOVERY and at(first) - DAY_S <= e.opened_at_s
            ]
            walk = EpisodeWalk(
                self.candidates(first, end), POPULATION, THRESHOLDS, 7, latest, discovered, self.told, self.behind,
                self.written,
            )  # fmt: skip
            reached += walk.states(range(at(first), at(end), BUCKET_S), BUCKET_S)
            reached += close_quiet(newest(reached).values(), at(end))
        return reached


def newest(states: Sequence[Episode]) -> dict[str, Episode]:
    return {state.alert_id: state for state in states}


def openings(states: Sequence[Episode]) -> list[tuple[str, int]]:
    return [(state.keyword, (state.opened_at_s - START_S) // BUCKET_S) for state in states if state.state == "opened"]


@pytest.mark.parametrize("mode", [DISCOVERY, WATCHLIST])
@pytest.mark.parametrize(("authors", "texts", "rings"), [(30, 30, True), (1, 30, False), (30, 1, False)])
def test_many_voices_ring_and_one_author_or_one_copied_text_does_not(
    mode: str, authors: int, texts: int, rings: bool
) -> None:
    world = World(12, {"#burst": {3: 30}}, modes={"#burst": mode}, authors=authors, texts=texts)
    assert openings(world.run()) == ([("#burst", 3)] if rings else [])


def test_spam_keeps_no_other_keyword_quiet() -> None:
    def behind(keywords: Collection[str], start_s: int, end_s: int) -> dict[str, Behind]:
        voices = {"#spam": 1, "#burst": 30}
        return {keyword: Behind(30, voices[keyword], 30, ()) for keyword in keywords}

    world = World(12, {"#spam": {3: 30}, "#burst": {3: 30}})
    walk = EpisodeWalk(world.candidates(0, 12), POPULATION, THRESHOLDS, 7, {}, [], (), behind, world.written)
    assert openings(walk.states(range(at(0), at(12), BUCKET_S), BUCKET_S)) == [("#burst", 3)]


@pytest.mark.parametrize("mode", [DISCOVERY, WATCHLIST])
def test_spam_on_a_steady_keyword_is_neither_a_rise_nor_a_drop_and_stays_spam_in_the_longer_windows(mode: str) -> None:
    """One author's 200 copies in one bucket, beside a post of another author in every bucket."""
    world = World(40, {"#brand": {3: 201}}, levels={"#brand": 12.0}, modes={"#brand": mode})

    def behind(keywords: Collection[str], start_s: int, end_s: int) -> dict[str, Behind]:
        found = world.behind(keywords, start_s, end_s)
        if start_s <= at(3) < end_s and "#brand" in found:
            posts = found["#brand"].posts
            found["#brand"] = Behind(posts, posts - 199, posts - 199, ())
        return found

    walk = EpisodeWalk(world.candidates(0, 40), POPULATION, THRESHOLDS, 7, {}, [], (), behind, world.written)
    assert walk.states(range(at(0), at(40), BUCKET_S), BUCKET_S) == []


def test_a_drop_after_a_rise_is_an_episode_of_its_own() -> None:
    after = dict.fromkeys(range(30, 110), 0)
    world = World(110, {"#brand": dict.fromkeys(range(3, 15), 40) | after}, levels={"#brand": 60.0},
                  modes={"#brand": WATCHLIST})  # fmt: skip
    states = world.run()
    assert [state.direction for state in states if state.state == "opened"] == ["rise", "drop"]
    ended = newest(states).values()
    assert {state.direction for state in ended} == {"rise", "drop"}
    assert all(state.peak_score < 12 for state in ended if state.direction == "drop")


def test_where_no_post_is_kept_any_more_posts_count_as_they_are() -> None:
    world = World(12, {"#burst": {3: 30}})
    walk = EpisodeWalk(world.candidates(0, 12), POPULATION, THRESHOLDS, 7, {}, [], (), lambda *_: {}, lambda _: {})
    (opened, *_) = walk.states(range(at(0), at(12), BUCKET_S), BUCKET_S)
    assert (opened.state, opened.authors, opened.evidence) == ("opened", None, ())


def test_a_post_that_cannot_be_read_any_more_counts_and_is_not_shown() -> None:
    world = World(12, {"#burst": {3: 30}})
    walk = EpisodeWalk(world.candidates(0, 12), POPULATION, THRESHOLDS, 7, {}, [], (), world.behind, lambda _: {})
    (opened, *_) = walk.states(range(at(0), at(12), BUCKET_S), BUCKET_S)
    assert (opened.state, opened.authors, opened.evidence) == ("opened", 30, ())


def test_an_opening_says_what_it_was_judged_by_and_what_is_behind_it() -> None:
    opened, *_ = World(12, {"#burst": {3: 30}}, authors=25).run()
    assert (opened.mode, opened.statistics_version, opened.observed, round(opened.expected, 9)) == (DISCOVERY, 7, 30, 1)
    assert (opened.authors, [post.post_id for post in opened.evidence]) == (25, [f"#burst until {at(4)}"])
    assert (opened.window_start_s, opened.window_end_s) == (at(4) - HOUR_S, at(4))


GROWING = {"#burst": {3: 12, 6: 40}}


@pytest.mark.parametrize("cuts", [(), (4,), (6, 7), (20,)])
def test_an_alerts_evidence_is_that_of_its_peak(cuts: tuple[int, ...]) -> None:
    world = World(5 * HOUR, GROWING)
    reached = world.run(*cuts)
    last = reached[-1]
    peak_s = min(e.window_end_s for e in reached if e.score == pytest.approx(last.peak_score))
    assert at(6) < peak_s < last.window_end_s
    assert last.score < last.peak_score
    assert [post.post_id for post in last.evidence] == [f"#burst until {peak_s}"]
    assert last.authors == 52


def test_an_opening_keeps_its_own_evidence() -> None:
    opened, *_ = World(5 * HOUR, GROWING).run()
    assert (opened.state, opened.authors) == ("opened", 12)
    assert [post.post_id for post in opened.evidence] == [f"#burst until {at(4)}"]


def test_where_nothing_rings_no_evidence_is_asked_for() -> None:
    world = World(24, {"#calm": {3: 2}})
    assert world.run() == []
    assert (world.asked_for, world.read) == ([], 0)


def test_the_posts_of_all_alerts_are_read_at_once() -> None:
    world = World(5 * HOUR, {**GROWING, "#other": {8: 30}})
    assert {keyword for keyword, _ in openings(world.run())} == {"#burst", "#other"}
    assert world.read == 1


EVENT_S = (at(0), at(12))


@pytest.mark.parametrize(
    ("told", "rings"),
    [
        (SuppressionWindow("#burst", *EVENT_S), False),
        (SuppressionWindow(None, *EVENT_S), False),
        (Dismissal("#burst", *EVENT_S), False),
        (SuppressionWindow("#other", *EVENT_S), True),
        (Dismissal("#other", *EVENT_S), True),
    ],
)
def test_what_people_said_keeps_their_keyword_quiet(told: Told, rings: bool) -> None:
    world = World(3 * HOUR, {"#burst": {5: 30}}, told=[told])
    assert openings(world.run()) == ([("#burst", 5)] if rings else [])


def test_a_known_event_is_quiet_as_long_as_its_posts_are_in_the_windows_and_not_longer() -> None:
    event = [SuppressionWindow("#burst", *EVENT_S)]
    at_its_end = World(8 * HOUR, {"#burst": {11: 60}}, told=event)
    assert openings(at_its_end.run()) == []
    later = World(9 * HOUR, {"#burst": {11: 60, 7 * HOUR + 1: 60}}, told=event)
    assert openings(later.run()) == [("#burst", 7 * HOUR + 1)]


def test_an_open_episode_is_not_carried_on_within_an_event() -> None:
    world = World(4 * HOUR, {"#burst": dict.fromkeys(range(40), 20)}, told=[SuppressionWindow("#burst", at(6), at(40))])
    last = world.run()[-1]
    assert (last.state, last.updated_at_s, last.closed_at_s) == ("closed", at(5), at(5) + HOUR_S)


@pytest.mark.parametrize(
    ("told", "rings"),
    [
        ((), True),
        ((SuppressionWindow(None, *EVENT_S),), False),
        ((Dismissal(PLATFORM_KEYWORD, *EVENT_S),), False),
        ((SuppressionWindow("#burst", *EVENT_S),), True),
    ],
)
def test_the_platform_keeps_quiet_in_an_event_of_every_keyword(told: tuple[Told, ...], rings: bool) -> None:
    world = World(12, {}, platform=dict.fromkeys(range(12), 400), told=told)
    assert [keyword for keyword, _ in openings(world.run())] == ([PLATFORM_KEYWORD] if rings else [])


def test_the_platform_is_not_judged_by_its_voices() -> None:
    world = World(12, {}, platform=dict.fromkeys(range(12), 400), authors=1, texts=1)
    (opened, *_) = world.run()
    assert (opened.mode, opened.kind, opened.direction) == (PLATFORM, "platform", "rise")


SILENT = {"#brand": dict.fromkeys(range(6, 4 * HOUR), 0)}


def test_a_watched_keywords_drop_rings() -> None:
    opened, *_ = World(4 * HOUR, SILENT, {"#brand": 60.0}, {"#brand": WATCHLIST}).run()
    assert (opened.direction, opened.mode, opened.q_value) == ("drop", WATCHLIST, None)
    assert opened.observed < opened.lower


def test_that_one_author_is_left_to_speak_makes_a_drop_no_deeper() -> None:
    def drop(authors: int) -> list[tuple[int, float, float]]:
        world = World(4 * HOUR, SILENT, {"#brand": 60.0}, {"#brand": WATCHLIST}, authors=authors)
        return [(state.updated_at_s, state.observed, state.score) for state in world.run()]

    assert drop(1) == drop(1000) != []


def test_an_unwatched_keywords_drop_does_not() -> None:
    assert World(4 * HOUR, SILENT, {"#brand": 60.0}).run() == []


def given(z: dict[str, list[float]], discovered_at_s: Sequence[int] = (), platform_posts: float = 2.0) -> list[Episode]:
    """Walk through ticks with the given z in every window; one post was expected, a keyword's found ones are 100."""
    names = [PLATFORM_KEYWORD, *(keyword for keyword in z if keyword != PLATFORM_KEYWORD)]
    ticks = len(next(iter(z.values())))
    rows = np.array([z.get(name, [0.0] * ticks) for name in names])
    shape = (*rows.shape, 3)
    observed = np.full(shape, 100.0)
    observed[0] = platform_posts
    windows = Windows(
        observed, np.ones(shape), np.ones(shape), np.repeat(rows[:, :, None], 3, axis=2), np.ones((*rows.shape, 2))
    )
    modes = [PLATFORM] + [DISCOVERY] * (len(names) - 1)
    candidates = Candidates(names, modes, np.zeros(len(names), bool), np.zeros(len(names)), windows)
    walk = EpisodeWalk(
        candidates, POPULATION, THRESHOLDS, 7, {}, list(discovered_at_s), (), lambda *_: {}, lambda _: {}
    )
    return walk.states(range(at(0), at(ticks), BUCKET_S), BUCKET_S)


BETWEEN = (critical_z(1000, 0, THRESHOLDS) + critical_z(1000, 1, THRESHOLDS)) / 2
"""Too little for the day's first alert, enough for its second."""


def test_an_opening_makes_the_next_one_easier_from_the_next_bucket_on() -> None:
    assert openings(given({"#second": [BETWEEN] * 3})) == []
    assert openings(given({"#first": [9.0, 9.0, 9.0], "#second": [BETWEEN] * 3})) == [("#first", 0), ("#second", 1)]
    # whatever their order
    assert openings(given({"#asecond": [BETWEEN] * 3, "#first": [9.0] * 3})) == [("#first", 0), ("#asecond", 1)]


@pytest.mark.parametrize(("ago_s", "rings"), [(BUCKET_S, True), (DAY_S, True), (DAY_S + BUCKET_S, False)])
def test_an_opening_counts_for_a_day(ago_s: int, rings: bool) -> None:
    assert bool(given({"#second": [BETWEEN]}, [at(0) - ago_s])) == rings


def test_the_platforms_openings_and_the_watch_lists_make_nothing_easier() -> None:
    world = World(3, {"#brand": {0: 60}}, modes={"#brand": WATCHLIST}, platform=dict.fromkeys(range(3), 2000))
    world.run()
    discovered: list[int] = []
    walk = EpisodeWalk(
        world.candidates(0, 3), POPULATION, THRESHOLDS, 7, {}, discovered, (), world.behind, world.written
    )
    assert len(openings(walk.states(range(at(0), at(3), BUCKET_S), BUCKET_S))) == 2
    assert discovered == []


CALM_ONLY = critical_z(1000, 0, THRESHOLDS) + 0.1
"""Enough while the platform is calm, too little while it has an episode."""


def test_while_the_platform_has_an_episode_discovery_asks_for_more() -> None:
    assert openings(given({"#burst": [CALM_ONLY]})) == [("#burst", 0)]
    assert openings(given({PLATFORM_KEYWORD: [9.0], "#burst": [CALM_ONLY]})) == [(PLATFORM_KEYWORD, 0)]


def test_it_asks_for_more_until_the_platform_was_quiet_for_an_hour() -> None:
    ticks = HOUR + 3
    found = openings(given({PLATFORM_KEYWORD: [9.0] + [0.0] * (ticks - 1), "#burst": [CALM_ONLY] * ticks}))
    assert found == [(PLATFORM_KEYWORD, 0), ("#burst", HOUR + 1)]


@pytest.mark.parametrize(("times", "rings"), [(12.0, True), (13.0, False)])
def test_of_a_larger_platform_it_takes_more_posts_to_ring(times: float, rings: bool) -> None:
    # 8 posts an hour are worth a look on a platform as large as ever: 96 or 104 here, of which 100 were found.
    assert openings(given({"#burst": [9.0]}, platform_posts=times)) == [("#burst", 0)] * rings


@pytest.mark.parametrize("platform_z", [0.0, 9.0])
def test_an_alerts_q_value_is_that_of_the_threshold_it_passed(platform_z: float) -> None:
    *_, opened = given({PLATFORM_KEYWORD: [platform_z], "#burst": [5.6]})
    shared = platform_z > 0
    assert opened.score == pytest.approx(5.6 / critical_z(1000, 0, THRESHOLDS, shared))
    assert opened.p_value == pytest.approx(p_value(5.6))
    assert opened.q_value == pytest.approx(q_value(p_value(5.6), 1000, 0, shared))


def lively(seed: int) -> World:
    """Fifteen keywords over 14 hours, most of which burst, and a platform that is once too lively."""
    dice = np.random.default_rng(seed)
    ticks, levels = 14 * HOUR, np.geomspace(0.5, 60, 15)
    keywords = [f"#k{number}" for number in range(len(levels))]
    posts = {
        keyword: dict(enumerate(dice.poisson(level / HOUR, ticks).tolist()))
        for keyword, level in zip(keywords, levels, strict=True)
    }
    for keyword in dice.choice(keywords, 10, replace=False).tolist():
        for _ in range(2):
            first = int(dice.integers(0, ticks - 20))
            for tick in range(first, first + int(dice.integers(1, 20))):
                posts[keyword][tick] += int(dice.integers(3, 40))
    return World(
        ticks,
        posts,
        dict(zip(keywords, levels.tolist(), strict=True)),
        dict.fromkeys(keywords[::7], WATCHLIST),
        told=[SuppressionWindow(keywords[3], at(0), at(ticks)), SuppressionWindow(None, at(30), at(36))],
        platform=dict.fromkeys(range(100, 112), 500),
    )


def cuts_of(name: str, ticks: int) -> Iterator[int]:
    if name == "hours":
        yield from range(HOUR, ticks, HOUR)
    elif name == "buckets":
        yield from range(1, ticks)
    else:
        yield from sorted(np.random.default_rng(1).choice(np.arange(1, ticks), 9, replace=False).tolist())


def rounded(state: Episode) -> dict[str, object]:
    """Return the fields; sums of floats depend in their last digits on where they begin."""
    values = {each.name: getattr(state, each.name) for each in fields(state)}
    return {name: round(value, 9) if isinstance(value, float) else value for name, value in values.items()}


@pytest.mark.parametrize("cut", ["hours", "buckets", "anywhere"])
def test_alerts_are_the_same_however_the_buckets_are_cut_into_runs(cut: str) -> None:
    world = lively(2)
    whole, parts = world.run(), world.run(*cuts_of(cut, world.ticks))
    assert len(openings(whole)) > 7
    assert {state.mode for state in whole} == {DISCOVERY, WATCHLIST, PLATFORM}
    assert sorted(openings(parts)) == sorted(openings(whole))
    assert {key: rounded(state) for key, state in newest(parts).items()} == {
        key: rounded(state) for key, state in newest(whole).items()
    }


def test_only_what_was_quiet_for_an_hour_is_closed() -> None:
    opened, *_ = World(6, {"#burst": {3: 30}}).run()
    fresh = replace(opened, alert_id="fresh", updated_at_s=opened.updated_at_s + BUCKET_S)
    over = replace(opened, alert_id="over", state="closed", closed_at_s=opened.updated_at_s)
    (closed,) = close_quiet([opened, fresh, over], opened.updated_at_s + HOUR_S + 1)
    assert (closed.alert_id, closed.state, closed.closed_at_s) == (
        opened.alert_id,
        "closed",
        opened.updated_at_s + HOUR_S,
    )
