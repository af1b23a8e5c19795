"""Copied texts as Spark expressions; the rule and its reasons stand in `groundswell.domain.spam`."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

from groundswell.domain.spam import SHORTEST_COPIED_TEXT, VARIED_PATTERNS


def copied_text_key(normal_text: Column) -> Column:
    """Return what copies of a text have in common; null where too little of it remains."""
    for pattern in VARIED_PATTERNS:
        normal_text = F.regexp_replace(normal_text, pattern, "")
    return F.when(F.length(normal_text) >= SHORTEST_COPIED_TEXT, normal_text)


def text_fingerprint(normal_text: Column, post_id: Column) -> Column:
    """Return a bigint that copies of a text share, and that no other post has where there is nothing to copy."""
    return F.xxhash64(F.coalesce(copied_text_key(normal_text), post_id))
