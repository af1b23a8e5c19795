"""A person's records in the raw lake table: deleted, and the files that held them removed."""

from datetime import datetime

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch.forgetting.person import Person

# In the order in which a post's author is read, see groundswell.contracts.post_forms.
_IDS = ("$.itemInfos.authorId", "$.authorInfos.userId", "$.author.id", "$.authorId")
_NAMES = ("$.authorInfos.uniqueId", "$.author.uniqueId", "$.author")


def is_theirs(person: Person) -> Column:
    """Return whether a record's value is a post of the person: by the author's id, by their name, or by its own id."""
    value = F.col("value").cast("string")
    found = F.col("key").cast("string").isin(*person.post_ids) if person.post_ids else F.lit(False)
    ids = [F.nullif(F.get_json_object(value, path), F.lit("")) for path in _IDS]
    found = F.coalesce(found, F.lit(False)) | F.coalesce(F.coalesce(*ids) == person.author_id, F.lit(False))
    for path in _NAMES if person.names else ():
        name = F.lower(F.get_json_object(value, path))
        found = found | F.coalesce(name.isin(*person.names), F.lit(False))
    return found


def forget_records(spark: SparkSession, catalog: str, table: str, person: Person, now: datetime) -> int:
    """Delete a person's records; return how many there were.

    The table's earlier snapshots, which still refer to the files that held them, are expired.
    """
    count = spark.table(table).where(is_theirs(person)).count()
    if count:
        # Records that the stream appends meanwhile are no conflict: another run finds them.
        spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('write.delete.isolation-level'='snapshot')")
        spark.table(table).where(is_theirs(person)).select("topic", "partition", "offset").createOrReplaceTempView(
            "forgotten"
        )
        spark.sql(
            f"DELETE FROM {table} WHERE (topic, partition, offset) IN (SELECT topic, partition, offset FROM forgotten)"
        )
    spark.sql(
        f"CALL {catalog}.system.expire_snapshots(table => '{table}',"
        f" older_than => TIMESTAMP '{now:%Y-%m-%d %H:%M:%S.%f}', retain_last => 1, stream_results => true)"
    ).collect()
    return count
