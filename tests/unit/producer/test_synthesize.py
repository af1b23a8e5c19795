"""A small data set with everything in it is made once; each test looks at one promise."""

import collections
import hashlib
import json
from datetime import UTC, date, datetime

import orjson
import pytest
import zstandard
from click.testing import CliRunner

from groundswell.domain.keywords import hashtags_of, keywords_of
from groundswell.domain.record import NotAPostError
from groundswell.errors import InputError
from producer.line_check import check_line
from producer.synthesize.dataset import expected_lines, finished_manifest, write_dataset
from producer.synthesize.plan import Plan, midnight
from producer.synthesize_command import synthesize

PLAN = Plan(start=date(2026, 6, 1), days=9, posts_per_day=700, seed=3, bad_lines=31, compress="zst")
LATEST_SECONDS = 2_000_000_000


def lines_of(folder, manifest):
    for file in manifest["files"]:
        with (folder / file["file"]).open("rb") as raw:
            yield file, zstandard.ZstdDecompressor().stream_reader(raw).read().split(b"\n")[:-1]


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return folder, write_dataset(PLAN, folder)


@pytest.fixture(scope="module")
def truth(made):
    return json.loads((made[0] / "truth.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def posts(made):
    """Every line that is a post, in the order of the files."""
    found = []
    for _, lines in lines_of(*made):
        for line in lines:
            try:
                check_line(line, LATEST_SECONDS)
            except NotAPostError:
                continue
            found.append(orjson.loads(line))
    return found


@pytest.fixture(scope="module")
def first_seen(posts):
    first = {}
    for post in posts:
        first.setdefault(post["itemInfos"]["id"], post)
    return list(first.values())


def created(post):
    return int(post["itemInfos"]["createTime"])


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(made, tmp_path):
    small = Plan(days=2, posts_per_day=200, bad_lines=5, seed=5)
    for name, plan in (("a", small), ("b", small), ("c", Plan(days=2, posts_per_day=200, bad_lines=5, seed=6))):
        write_dataset(plan, tmp_path / name)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a").keys() == digests(tmp_path / "c").keys()
    assert not set(digests(tmp_path / "a").values()) & set(digests(tmp_path / "c").values())


def test_manifest_counts_every_line(made):
    folder, manifest = made
    totals = collections.Counter()
    for file, lines in lines_of(folder, manifest):
        reasons = collections.Counter()
        ids = set()
        for line in lines:
            if not line.strip():
                reasons["blank"] += 1
                continue
            try:
                ids.add(check_line(line, LATEST_SECONDS)[1])
            except NotAPostError as error:
                reasons[error.reason] += 1
            else:
                reasons["posts"] += 1
        not_posts = file["not_posts"]
        assert file["lines"] == len(lines)
        assert file["posts"] == reasons["posts"]
        assert (file["distinct_ids"], file["repeated_lines"]) == (len(ids), reasons["posts"] - len(ids))
        assert not_posts["blank"] == reasons["blank"]
        assert not_posts["bad_json"] + not_posts["array_dump"] == reasons["bad_json"]
        assert not_posts["bad_utf8"] == reasons["bad_utf8"]
        assert not_posts["no_id"] == reasons["no_id"]
        assert not_posts["no_create_time"] == reasons["no_creation_time"]
        totals.update({key: file[key] for key in ("lines", "posts", "distinct_ids", "repeated_lines", "planted_posts")})
    assert totals.items() <= manifest["totals"].items()
    assert sum(manifest["totals"]["not_posts"].values()) == PLAN.bad_lines
    assert min(manifest["totals"]["not_posts"].values()) >= PLAN.bad_lines // 6


def test_ids_are_unique_but_for_repeats_which_come_later_with_newer_counts(made, posts):
    seen = {}
    repeats = 0
    for post in posts:
        item = post["itemInfos"]
        earlier = seen.get(item["id"])
        if earlier:
            repeats += 1
            assert item["playCount"] > earlier["playCount"]
            assert item["diggCount"] >= earlier["diggCount"]
            counts = ("playCount", "diggCount", "shareCount", "commentCount")
            assert {k: v for k, v in item.items() if k not in counts} == {
                k: v for k, v in earlier.items() if k not in counts
            }
        seen[item["id"]] = item
    assert repeats == made[1]["totals"]["repeated_lines"]
    assert 0.08 < repeats / len(posts) < 0.12


def test_an_id_holds_its_creation_time_and_first_sights_are_in_order(posts, first_seen):
    assert all(int(post["itemInfos"]["id"]) >> 32 == created(post) for post in posts)
    times = [created(post) for post in first_seen]
    assert times == sorted(times)


def test_each_file_holds_the_posts_of_its_day(made):
    for file, lines in lines_of(*made):
        days = {
            datetime.fromtimestamp(int(orjson.loads(line)["itemInfos"]["createTime"]), UTC).date().isoformat()
            for line in lines
            if line.startswith(b'{"itemInfos":{"id"') and line.endswith(b"}") and b"\xe9 " not in line
            and b'"createTime":""' not in line
        }  # fmt: skip
        assert days == {file["first_day"]}


def test_fewer_posts_at_night_and_more_at_weekends(tmp_path):
    plan = Plan(days=14, posts_per_day=2000, repeats=0, bursts=0)
    manifest = write_dataset(plan, tmp_path)
    per_day = [day["lines"] for day in manifest["days"]]
    weekend = [per_day[number] for number in (5, 6, 12, 13)]
    workdays = [per_day[number] for number in range(14) if number not in (5, 6, 12, 13)]
    assert 1.15 < (sum(weekend) / 4) / (sum(workdays) / 10) < 1.45
    hours = collections.Counter()
    for _, lines in lines_of(tmp_path, manifest):
        hours.update(created(orjson.loads(line)) % 86_400 // 3600 for line in lines)
    assert min(hours.values()) < 0.5 * max(hours.values())


def test_planted_posts_are_those_the_truth_tells_of(made, truth, first_seen):
    assert len(truth["bursts"]) == 8
    for burst in truth["bursts"]:
        start, end = (datetime.fromisoformat(burst[key]).timestamp() for key in ("start", "end"))
        peak = datetime.fromisoformat(burst["peak_hour_start"]).timestamp()
        with_keyword = [post for post in first_seen if mentions(post, burst["keyword"])]
        times = [created(post) for post in with_keyword if created(post) >= midnight(PLAN.planted_on)]
        inside = sum(start <= time < end for time in times)
        assert inside >= burst["planted_posts"]
        ordinary = inside - burst["planted_posts"]
        expected = burst["expected_posts_per_hour"] * (end - start) / 3600
        assert ordinary <= expected + 5 * expected**0.5 + 3
        assert sum(peak <= time < peak + 3600 for time in times) == burst["peak_hour_posts"]
        assert burst["peak_hour_posts"] >= max(25, 6 * burst["expected_posts_per_hour"])
        if burst["is_new"]:
            assert len(with_keyword) == burst["planted_posts"]
    planted = sum(burst["planted_posts"] for burst in truth["bursts"])
    assert planted == made[1]["totals"]["planted_posts"]


def mentions(post, keyword):
    names = [extra["HashtagName"] for extra in post["textExtra"]]
    return keyword in keywords_of(post["itemInfos"]["text"], names)


def test_a_burst_is_many_people_with_many_texts(truth, first_seen):
    for burst in truth["bursts"]:
        with_keyword = [post for post in first_seen if mentions(post, burst["keyword"])]
        assert len({post["authorInfos"]["userId"] for post in with_keyword}) > 0.5 * len(with_keyword)
        assert len({post["itemInfos"]["text"] for post in with_keyword}) > 0.8 * len(with_keyword)


def test_a_quiet_keyword_rises_in_its_season_only(tmp_path):
    plan = Plan(days=14, posts_per_day=3000, repeats=0, bursts=0)
    manifest = write_dataset(plan, tmp_path)
    quiet = json.loads((tmp_path / "truth.json").read_text("utf-8"))["quiet"]
    weekend = next(each["keyword"] for each in quiet if each["season"] == "weekend")
    per_day = [
        sum(mentions(orjson.loads(line), weekend) for line in lines if weekend[1:].encode() in line.lower())
        for _, lines in lines_of(tmp_path, manifest)
    ]
    weekends, workdays = per_day[5:7] + per_day[12:14], per_day[:5] + per_day[7:12]
    assert sum(weekends) / 4 > 4 * sum(workdays) / 10 > 0


def test_text_extra_counts_utf16_code_units(posts):
    kinds = collections.Counter()
    for post in posts:
        units = post["itemInfos"]["text"].encode("utf-16-le")
        for extra in post["textExtra"]:
            part = units[2 * extra["Start"] : 2 * extra["End"]].decode("utf-16-le")
            kinds[extra["Type"]] += 1
            if extra["Type"] == 1:
                assert part[0] in "#＃"
                assert part[1:].lower() == extra["HashtagName"]
            else:
                assert part[0] == "@"
                assert extra["UserId"]
                assert extra["HashtagName"] == ""
    assert min(kinds[0], kinds[1]) > 100


def test_texts_have_the_quirks_of_real_ones(first_seen):
    texts = [post["itemInfos"]["text"] for post in first_seen]
    assert "" in texts
    assert any("\n" in text for text in texts)
    assert any("＃" in text for text in texts)
    assert any("猫" in text for text in texts)
    assert any("😂" in text for text in texts)
    glued = [text for text in texts if text.count("#") > 1 and " #" not in text and "\n#" not in text]
    assert glued
    assert len(hashtags_of(glued[0])) > 1


def test_optional_blocks_come_and_go_and_types_are_as_in_the_dump(first_seen):
    challenges = collections.Counter(len(post["challengeInfoList"]) for post in first_seen)
    assert challenges.keys() == {0, 1}
    assert challenges[0] > challenges[1] > 0
    assert {post["musicInfos"]["original"] for post in first_seen} == {True, ""}
    assert any("authorStats" not in post for post in first_seen)
    for post in first_seen:
        item, author = post["itemInfos"], post["authorInfos"]
        assert (item["authorId"], item["musicId"]) == (author["userId"], post["musicInfos"]["musicId"])
        assert isinstance(item["createTime"], str)
        assert isinstance(post.get("authorStats", {"heartCount": ""})["heartCount"], str)
        assert isinstance(item["playCount"], int)


def test_a_few_authors_post_much_and_an_author_stays_the_same(first_seen):
    authors = collections.defaultdict(set)
    for post in first_seen:
        authors[post["authorInfos"]["userId"]].add(orjson.dumps(post["authorInfos"]))
    assert all(len(versions) == 1 for versions in authors.values())
    posted = collections.Counter(post["authorInfos"]["userId"] for post in first_seen)
    busiest = sum(count for _, count in posted.most_common(len(posted) // 10))
    assert busiest > 0.25 * len(first_seen)


def test_the_tail_of_keywords_grows_with_the_data_set(first_seen):
    def distinct(some):
        return len({keyword for post in some for keyword in keywords_of(post["itemInfos"]["text"])})

    half = len(first_seen) // 2
    assert distinct(first_seen) > 1.3 * distinct(first_seen[:half])
    assert Plan(days=28, posts_per_day=200_000).keyword_count > 3 * Plan(days=28).keyword_count


def test_text_compresses_about_as_well_as_real_text(made):
    totals = made[1]["totals"]
    assert 2.5 < totals["text_bytes"] / totals["file_bytes"] < 4
    assert 2000 < totals["text_bytes"] / totals["lines"] < 3600


@pytest.mark.parametrize("compress", ["none", "gz"])
def test_compression_changes_the_file_not_the_lines(tmp_path, compress):
    plan = Plan(days=1, posts_per_day=50, compress=compress, bursts=0)
    manifest = write_dataset(plan, tmp_path)
    content = (tmp_path / manifest["files"][0]["file"]).read_bytes()
    if compress == "gz":
        import gzip

        content = gzip.decompress(content)
    assert content.count(b"\n") == manifest["totals"]["lines"]


def test_history_can_be_one_file_and_the_last_day_another(tmp_path):
    manifest = write_dataset(Plan(days=4, posts_per_day=50, split="history"), tmp_path)
    assert [file["file"] for file in manifest["files"]] == ["posts-history.ndjson.zst", "posts-2026-06-04.ndjson.zst"]
    assert manifest["files"][0]["lines"] == sum(day["lines"] for day in manifest["days"][:3])


def test_a_data_set_that_is_there_is_known_and_a_damaged_one_is_not(tmp_path):
    plan = Plan(days=2, posts_per_day=50)
    manifest = write_dataset(plan, tmp_path)
    assert finished_manifest(plan, tmp_path) == manifest
    assert finished_manifest(Plan(days=3, posts_per_day=50), tmp_path) is None
    (tmp_path / manifest["files"][0]["file"]).write_bytes(b"cut")
    assert finished_manifest(plan, tmp_path) is None


def test_a_folder_with_other_content_is_left_alone_unless_forced(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        write_dataset(Plan(days=1, posts_per_day=10), tmp_path)
    write_dataset(Plan(days=2, posts_per_day=10), tmp_path, force=True)
    write_dataset(Plan(days=1, posts_per_day=10), tmp_path, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "manifest.json", "posts-2026-06-01.ndjson.zst", "thesis.txt", "truth.json",
    ]  # fmt: skip


def test_a_cut_run_leaves_no_half_file_and_can_be_begun_again(tmp_path):
    plan, told = Plan(days=2, posts_per_day=700), []

    def cut_on_the_second_day(lines):
        told.append(lines)
        if len(list(tmp_path.glob("*.zst"))) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_dataset(plan, tmp_path, on_lines=cut_on_the_second_day)
    assert [path.name for path in tmp_path.iterdir()] == ["posts-2026-06-01.ndjson.zst"]
    assert finished_manifest(plan, tmp_path) is None
    assert write_dataset(plan, tmp_path) == finished_manifest(plan, tmp_path)


def test_progress_tells_of_every_line_and_the_estimate_is_near(tmp_path):
    told = []
    plan = Plan(days=3, posts_per_day=900, bad_lines=7)
    manifest = write_dataset(plan, tmp_path, on_lines=told.append)
    assert sum(told) == manifest["totals"]["lines"]
    assert sum(told) == pytest.approx(expected_lines(plan), rel=0.1)


def test_command_makes_a_data_set_once_and_refuses_a_day_outside_it(tmp_path):
    arguments = ["--out", str(tmp_path / "x"), "--days", "2", "--posts-per-day", "60", "--bursts", "2"]
    first = CliRunner().invoke(synthesize, arguments, catch_exceptions=False)
    assert "2 bursts on 2026-06-02" in first.output
    again = CliRunner().invoke(synthesize, arguments, catch_exceptions=False)
    assert "holds this data set already" in again.output
    with pytest.raises(InputError, match="2026-07-01"):
        CliRunner().invoke(synthesize, [*arguments, "--burst-day", "2026-07-01"], catch_exceptions=False)
