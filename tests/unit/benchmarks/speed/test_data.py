"""The data is realistic, made once, and measured."""

import json
from pathlib import Path

import pytest

from benchmarks.speed.data import Posts, measure, realistic_posts
from benchmarks.speed.packing import packed, repeated


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Posts:
    return realistic_posts(2_000, lambda _: None, folder=tmp_path_factory.mktemp("data"))


def test_there_are_exactly_as_many_posts_as_asked_for(posts: Posts) -> None:
    lines = posts.path.read_bytes().splitlines(keepends=True)

    assert len(lines) == posts.facts.posts == 2_000
    assert all(line.endswith(b"}\n") for line in lines)
    assert sum(map(len, lines)) == posts.facts.data_bytes + 2_000


def test_it_is_not_easy_data(posts: Posts) -> None:
    assert 2 < posts.facts.compression < 4
    assert posts.facts.keywords > 2_000
    assert posts.facts.windows >= 24


def test_it_is_made_once(posts: Posts) -> None:
    before = posts.path.stat().st_mtime_ns
    said: list[str] = []

    again = realistic_posts(2_000, said.append, folder=posts.path.parent.parent)

    assert again == posts
    assert posts.path.stat().st_mtime_ns == before
    assert not any("making" in line for line in said)


def test_nothing_but_the_posts_and_the_facts_is_kept(posts: Posts) -> None:
    assert {path.name for path in posts.path.parent.iterdir()} >= {"posts.ndjson", "facts.json"}
    assert not (posts.path.parent / "raw").exists()


def test_a_keyword_counts_once_and_hashtags_are_not_words(tmp_path: Path) -> None:
    path = tmp_path / "posts.ndjson"
    post = {
        "itemInfos": {"text": "dance #dance dance", "createTime": "1584953968"},
        "textExtra": [{"HashtagName": "Dance"}],
        "challengeInfoList": [{"challengeName": "fun"}],
    }
    path.write_text(json.dumps(post) + "\n" + json.dumps(post) + "\n", encoding="utf-8")

    facts = measure(path, lambda _: None)

    assert (facts["posts"], facts["keywords"], facts["windows"]) == (2, 3, 1)


def test_packed_files_are_made_once_and_hold_the_same(posts: Posts) -> None:
    import gzip

    from backports import zstd

    files = packed(posts.path, lambda _: None)

    assert gzip.decompress(files[".gz"].read_bytes()) == posts.path.read_bytes()
    assert zstd.decompress(files[".zst"].read_bytes()) == posts.path.read_bytes()
    assert packed(posts.path, lambda _: None) == files


def test_a_larger_file_is_the_same_one_several_times(posts: Posts, tmp_path: Path) -> None:
    larger = repeated(posts.path, 3, tmp_path / "larger")

    assert larger.read_bytes() == 3 * posts.path.read_bytes()
