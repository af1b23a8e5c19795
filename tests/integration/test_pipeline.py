"""Posts on the whole way, through real servers: files, topic, lake, Postgres; counted again here in plain Python."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message

from groundswell.adapters.stopwords import stopwords
from groundswell.contracts.examples import example_dead_letters, example_posts
from groundswell.contracts.topics import DEAD_LETTERS, POSTS
from groundswell.domain.keywords import PLATFORM_KEYWORD, hashtags_of, words_of

REAL_FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "tiktok"
REAL_FILES = {"real_24_2020-03": 24, "real_98_2020-05": 98, "real_26_web_2020-06": 26}
LETTERS = example_dead_letters()


@dataclass
class Post:
    """What a line says of a post, read with nothing but `json`."""

    line: bytes
    record: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.record = json.loads(self.line)

    @property
    def item(self) -> dict[str, Any]:
        return self.record.get("itemInfos") or self.record

    @property
    def post_id(self) -> str:
        return str(self.item["id"])

    @property
    def text(self) -> str:
        return self.item.get("text") or self.item.get("desc") or ""

    @property
    def created_seconds(self) -> int:
        return int(self.item["createTime"])

    @property
    def challenges(self) -> dict[str, str]:
        """Names by id."""
        nested, web = self.record.get("challengeInfoList") or [], self.record.get("challenges") or []
        return {c["challengeId"]: c["challengeName"] for c in nested} | {c["id"]: c["title"] for c in web}

    @property
    def hashtags(self) -> set[str]:
        extras = self.record.get("textExtra") or []
        names = [extra.get("HashtagName") or extra.get("hashtagName") or "" for extra in extras]
        return hashtags_of(self.text, [*names, *self.challenges.values()])

    @property
    def author_id(self) -> str | None:
        author = self.record.get("author")
        of_web = author.get("id") if isinstance(author, dict) else None
        return self.item.get("authorId") or of_web

    @property
    def music_id(self) -> str | None:
        return self.item.get("musicId") or (self.record.get("music") or {}).get("id") or None

    @property
    def counts(self) -> tuple[int | None, ...]:
        said = {**(self.record.get("stats") or {}), **(self.record.get("statsV2") or {}), **self.item}
        names = ("diggCount", "commentCount", "shareCount", "playCount")
        return tuple(int(said[name]) if name in said else None for name in names)


@dataclass
class Journey:
    """The posts that were sent, and what each place had of them after the first and the second replay."""

    pipeline: Any
    posts: list[Post]
    files: list[Path]
    summaries: list[dict[str, Any]] = field(default_factory=list)
    live_counts: list[list[tuple[Any, ...]]] = field(default_factory=list)
    lakes: list[list[dict[str, Any]]] = field(default_factory=list)
    days: list[list[dict[str, Any]]] = field(default_factory=list)
    tables: list[dict[str, list[tuple[Any, ...]]]] = field(default_factory=list)

    @property
    def newest(self) -> dict[str, Post]:
        return {post.post_id: post for post in self.posts}

    @property
    def first(self) -> dict[str, Post]:
        return {post.post_id: post for post in reversed(self.posts)}


TABLES = {
    "posts": "SELECT post_id, form, text, author_id, music_id, extract(epoch FROM created_at)::bigint,"
    " digg_count, comment_count, share_count, play_count, hashtags, first_seen_at FROM posts",
    "authors": "SELECT author_id FROM authors",
    "music": "SELECT music_id FROM music",
    "challenges": "SELECT challenge_id, challenge_name FROM challenges",
    "hashtags": "SELECT hashtag FROM hashtags",
    "post_hashtags": "SELECT post_id, hashtag FROM post_hashtags",
    "post_challenges": "SELECT post_id, challenge_id FROM post_challenges",
    "keyword_counts": "SELECT keyword, sum(posts)::int FROM keyword_counts GROUP BY keyword",
    "platform_counts": "SELECT sum(posts)::int FROM platform_counts",
    "post_metrics": "SELECT post_id, digg_count, comment_count, share_count, play_count FROM post_metrics",
}


def take_the_way(journey: Journey, *options: str) -> None:
    """Replay, stream, parse, and note what is where."""
    pipeline = journey.pipeline
    # One clock for all: the posts' own would spread them over months, and each day would be parsed by itself.
    journey.summaries.append(pipeline.replay(*journey.files, "--clock", "wall", *options))
    code, said = pipeline.run("stream", "--available-now")
    assert code == 0, said
    journey.live_counts.append(
        pipeline.query("SELECT keyword, sum(posts)::int FROM live_counts GROUP BY keyword ORDER BY keyword")
    )
    journey.lakes.append(pipeline.lake())
    stamps = [record["timestamp_ms"] for record in journey.lakes[-1]]
    first, last = (f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}" for ms in (min(stamps), max(stamps)))
    journey.days.append(pipeline.json("batch", "parse-lake", "--day", first, "--until", last, "--json"))
    journey.tables.append({name: sorted(pipeline.query(text)) for name, text in TABLES.items()})


@pytest.fixture(scope="module")
def journey(make_pipeline: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """The examples and, where they are, the real posts, sent twice."""
    examples = tmp_path_factory.mktemp("pipeline") / "examples.ndjson"
    lines = [post.line for post in example_posts()]
    examples.write_bytes(b"\n".join([*lines[:5], *(letter.line for letter in LETTERS), b"", *lines[5:]]) + b"\n")
    files = [path for name in REAL_FILES if (path := REAL_FOLDER / f"{name}.ndjson").is_file()]
    real_lines = [line for path in files for line in path.read_bytes().splitlines()]
    # Keywords of a single post are kept, so that all can be counted again here.
    pipeline = make_pipeline("pipeline", GROUNDSWELL_TEXT__MINIMUM_POSTS_PER_DAY="1")
    journey = Journey(pipeline, [Post(line) for line in (*real_lines, *lines)], [*files, examples])
    take_the_way(journey)
    take_the_way(journey, "--restart")
    return journey


def headers(message: Message) -> dict[str, bytes]:
    return dict(message.headers())


def without_time_stamp(value: bytes, line: bytes) -> bytes:
    """Undo the splice: a value that was there before is put back, a pair that was not is taken out."""
    stamp = json.loads(value)["time_stamp"]
    if b'"time_stamp"' in line:
        old = json.loads(line, parse_float=str)["time_stamp"]
        return value.replace(b'"time_stamp": %d' % stamp, b'"time_stamp": %b' % old.encode())
    assert value.count(b',"time_stamp":%d' % stamp) == 1
    return value.replace(b',"time_stamp":%d' % stamp, b"")


def test_every_line_is_accounted_for(journey: Journey) -> None:
    for summary in journey.summaries:
        assert summary["adds_up"]
        assert (summary["sent"], summary["dead_lettered"], summary["blank"]) == (len(journey.posts), len(LETTERS), 1)


def test_the_real_posts_are_among_them(journey: Journey, real_posts: Path) -> None:
    sent = Counter(record["headers"]["source"].decode().removesuffix(".ndjson") for record in journey.lakes[0])
    assert {name: sent[name] for name in REAL_FILES} == REAL_FILES


def test_the_lake_has_each_record_with_its_bytes_key_headers_and_time(journey: Journey) -> None:
    lake = sorted(journey.lakes[0], key=lambda r: (r["headers"]["source"], int(r["headers"]["line_number"])))
    order = sorted(range(len(journey.files)), key=lambda number: journey.files[number].name.encode())
    per_file: dict[bytes, list[bytes]] = {}
    letters = [letter.line for letter in LETTERS]
    for number in order:
        path = journey.files[number]
        per_file[path.name.encode()] = [line for line in path.read_bytes().split(b"\n") if line and line not in letters]
    expected = [(name, line) for name, lines in per_file.items() for line in lines]
    assert len(lake) == len(expected) == len(journey.posts)
    for record, (name, line) in zip(lake, expected, strict=True):
        assert record["headers"]["source"] == name
        assert record["headers"]["contract_version"] == b"1"
        assert without_time_stamp(record["value"], line) == line
        assert record["key"] == Post(line).post_id.encode()
        assert json.loads(record["value"])["time_stamp"] == record["timestamp_ms"]


def test_offsets_in_the_lake_are_those_of_the_topic_each_once(journey: Journey) -> None:
    places = Counter((r["topic"], r["partition"], r["offset"]) for r in journey.lakes[1])
    on_topic = {(m.topic(), m.partition(), m.offset()) for m in journey.pipeline.records(POSTS)}
    assert places == Counter(on_topic)
    assert len(journey.lakes[1]) == 2 * len(journey.posts)


def test_dead_letters_have_their_bytes_and_reason(journey: Journey) -> None:
    found = sorted(journey.pipeline.records(DEAD_LETTERS), key=lambda m: (m.offset(),))
    assert [(m.value(), headers(m)["reason"].decode()) for m in found[: len(LETTERS)]] == [
        (letter.line, letter.reason) for letter in LETTERS
    ]
    assert len(found) == 2 * len(LETTERS)


def test_posts_stand_in_postgres_as_they_were_last_seen(journey: Journey) -> None:
    found = {row[0]: row[1:] for row in journey.tables[0]["posts"]}
    assert set(found) == set(journey.newest)
    for post_id, post in journey.newest.items():
        form, text, author_id, music_id, created, *counts, hashtags, _ = found[post_id]
        assert form == ("nested" if "itemInfos" in post.record else "web")
        assert text == post.text
        assert (author_id, music_id, created) == (post.author_id, post.music_id, post.created_seconds)
        assert set(hashtags) == post.hashtags
        assert len(hashtags) == len(post.hashtags)
        assert tuple(counts) == post.counts


def test_authors_music_challenges_and_hashtags_are_those_of_the_posts(journey: Journey) -> None:
    tables, posts = journey.tables[0], journey.newest.values()
    assert [row[0] for row in tables["authors"]] == sorted({p.author_id for p in posts if p.author_id})
    assert [row[0] for row in tables["music"]] == sorted({p.music_id for p in posts if p.music_id})
    assert {row[0] for row in tables["challenges"]} == {key for p in posts for key in p.challenges}
    assert {row[0] for row in tables["hashtags"]} == {tag for p in posts for tag in p.hashtags}
    assert set(tables["post_hashtags"]) == {(p.post_id, tag) for p in posts for tag in p.hashtags}
    assert set(tables["post_challenges"]) == {(p.post_id, key) for p in posts for key in p.challenges}


def test_the_ledger_adds_up(journey: Journey) -> None:
    for times, days in enumerate(journey.days, start=1):
        sums = {
            name: sum(day[name] for day in days) for name in ("lake_rows", "parsed_rows", "unparsable", "new_posts")
        }
        assert sums == {
            "lake_rows": times * len(journey.posts),
            "parsed_rows": times * len(journey.posts),
            "unparsable": 0,
            "new_posts": len(journey.newest),
        }
        assert all(day["lake_rows"] == day["distinct_posts"] + day["repeated"] for day in days)


def counted(journey: Journey) -> dict[str, int]:
    """Keyword counts in plain Python: each post once, as it was first seen."""
    dropped = stopwords(journey.pipeline.settings.text.stopword_languages)
    counts: Counter[str] = Counter()
    for post in journey.first.values():
        counts.update(post.hashtags | words_of(post.text, dropped))
    return dict(counts)


def test_keyword_counts_of_the_night_are_those_of_a_plain_count(journey: Journey) -> None:
    assert dict(journey.tables[0]["keyword_counts"]) == counted(journey)
    assert journey.tables[0]["platform_counts"] == [(len(journey.newest),)]


def test_live_counts_of_the_stream_are_those_of_a_plain_count(journey: Journey) -> None:
    assert dict(journey.live_counts[0]) == counted(journey) | {PLATFORM_KEYWORD: len(journey.newest)}


def test_replaying_everything_again_counts_no_post_twice(journey: Journey) -> None:
    assert journey.live_counts[1] == journey.live_counts[0]
    before, after = journey.tables
    changed = [name for name in TABLES if before[name] != after[name]]
    assert changed == ["post_metrics"]
    sightings: dict[str, int] = defaultdict(int)
    for post_id, *_ in after["post_metrics"]:
        sightings[post_id] += 1
    assert set(sightings) == set(journey.newest)
    assert min(sightings.values()) >= 2
