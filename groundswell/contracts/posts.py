"""A record of the posts topic, and the raw lake table that keeps it untouched, as Spark DDL.

Its value is a post in one of two forms: the nested one of 2019-2020 (`itemInfos`, `authorInfos`, ...) or the web form
(`id`, `desc`, `author`, ...). Ids exceed 2^53, counts come as numbers or strings, `original` is `true` or an empty
string, and `author` is an object or only a name: `groundswell.contracts.whole_posts` and `mentions` read both.
"""

RAW_TABLE = "posts_v1"
"""The raw lake table's name within the lake's namespace."""

RECORD_SCHEMA = (
    "topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP, key BINARY, value BINARY, "
    "headers ARRAY<STRUCT<key: STRING, value: BINARY>>"
)
"""A Kafka record as Spark reads it and as the raw lake table keeps it."""
