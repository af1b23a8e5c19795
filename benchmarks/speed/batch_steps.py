"""What reading a post for the night takes in Python, step by step: each alone, on one core, without Spark."""

from collections.abc import Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from batch.copying import text_of
from batch.load_counts import packs_of
from benchmarks.speed.children import Say
from benchmarks.speed.data import Posts
from benchmarks.speed.stream_data import BUCKET_SECONDS, left_out
from benchmarks.speed.stream_steps import best_of_tries
from groundswell.contracts.post_forms import post_of
from groundswell.contracts.whole_posts import read_whole_post
from groundswell.domain.keywords import bare_text, hashtags_in, normal_form, words_in
from groundswell.domain.post import Post
from groundswell.frames.post_lines import (
    COUNTED_COLUMNS,
    KEYWORD_SEPARATOR,
    RECORD_COLUMNS,
    Reading,
    read_batch,
    staged_lines,
)
from groundswell.frames.post_tables import daily_keyword_counts
from groundswell.settings import load_settings

JSON = "JSON"
FORMS = "its two forms made one"
KEYWORDS = "keywords"
ROW = "the row's fields as CSV, Arrow"
LINES = "lines for COPY"
COUNTING = "counting keywords, packing the counts"

_LINES = 20_000
_LINES_A_BATCH = 2_000  # as `groundswell.adapters.spark` has it
_MICROSECONDS = 1_000_000


def steps(posts: Posts, say: Say) -> dict[str, float]:
    """Return microseconds per post of each step, the best of several tries.

    `ROW` is what the task that reads posts takes beside its other steps.

    Parameters
    ----------
    posts : Posts
    say : callable
        Gets a line of progress.
    """
    say("the steps of reading a post for the night")
    with posts.path.open("rb") as file:
        lines = [line[:-1] for line in islice(file, _LINES)]
    reading = Reading(left_out())
    wholes = [whole for line in lines if (whole := read_whole_post(line)) is not None]
    found = [post for whole in wholes if (post := post_of(whole)) is not None]
    batches = _batches(lines, found)
    read = [read_batch(batch, reading) for batch in batches]
    mentions = _mentions(pa.Table.from_batches(read))
    minimum = load_settings().text.minimum_posts_per_day

    def count() -> None:
        for _ in packs_of(daily_keyword_counts(mentions, frozenset(), minimum)):
            pass

    taken = {
        JSON: best_of_tries(len(lines), lambda: [None for line in lines if read_whole_post(line) is None]),
        FORMS: best_of_tries(len(lines), lambda: [None for whole in wholes if post_of(whole) is None]),
        KEYWORDS: best_of_tries(len(lines), lambda: [None for post in found if _keywords(post, reading) is None]),
        LINES: best_of_tries(len(lines), lambda: [None for batch in read if text_of(staged_lines(batch)) is None]),
    }
    task = best_of_tries(len(lines), lambda: [None for batch in batches if _task(batch, reading) is None])
    counting = best_of_tries(len(lines), count)
    row = {ROW: task - sum(taken.values())}
    return {**{name: taken[name] for name in (JSON, FORMS, KEYWORDS)}, **row, LINES: taken[LINES], COUNTING: counting}


def _task(batch: pa.RecordBatch, reading: Reading) -> tuple[bytes, pa.RecordBatch]:
    """Return what `batch.load_posts` copies into Postgres, and what it gives back to Spark."""
    read = read_batch(batch, reading)
    return text_of(staged_lines(read)), read.select(COUNTED_COLUMNS)


def _keywords(post: Post, reading: Reading) -> str:
    normal = normal_form(post.text)
    keywords = hashtags_in(normal, post.hashtag_names) | words_in(bare_text(normal), reading.stopwords)
    return KEYWORD_SEPARATOR.join(keywords)


def _batches(lines: Sequence[bytes], posts: Sequence[Post]) -> list[pa.RecordBatch]:
    moments = pa.array([post.created_s * _MICROSECONDS for post in posts], pa.timestamp("us", "UTC"))
    offsets = pa.array(range(len(lines)), pa.int64())
    columns = (pa.nulls(len(lines), pa.int32()).fill_null(0), offsets, moments, pa.array(lines, pa.binary()))
    batches: list[pa.RecordBatch] = pa.table(dict(zip(RECORD_COLUMNS, columns, strict=True))).to_batches(_LINES_A_BATCH)
    return batches


def _mentions(read: pa.Table) -> pa.Table:
    """Return what Spark makes of records that were read, see `groundswell.frames.post_tables.keyword_mentions`."""
    ids = read.column("post_id").to_pylist()
    firsts = {post_id: number for number, post_id in reversed(list(enumerate(ids)))}
    first = read.take(sorted(firsts.values()))
    first = first.filter(pc.not_equal(first.column("keywords"), "")).combine_chunks()
    keywords = pc.split_pattern(first.column("keywords").combine_chunks(), KEYWORD_SEPARATOR)
    owners = pc.list_parent_indices(keywords)
    bucket_us = BUCKET_SECONDS * _MICROSECONDS
    buckets = pc.divide(first.column("seen_at").cast(pa.int64()), bucket_us)
    authors = first.column("author").combine_chunks().dictionary_encode().indices.cast(pa.int64())
    columns = {"bucket": pc.multiply(buckets, BUCKET_SECONDS).take(owners), "author": authors.take(owners)}
    return pa.table({**columns, "keyword": pc.list_flatten(keywords)})
