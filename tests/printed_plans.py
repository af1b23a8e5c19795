"""Prints the plans of everything that reads with a password, as Spark shows them to who asks."""

from pyspark.sql import DataFrame

from groundswell.adapters.lake import raw_records
from groundswell.adapters.spark import read_postgres, spark_session
from groundswell.settings import load_settings
from streaming.kafka_source import posts_stream


def _plan(frame: DataFrame) -> str:
    return str(frame._jdf.queryExecution().toString())


def main() -> None:
    settings = load_settings()
    spark = spark_session(settings, "plans")
    print(_plan(posts_stream(spark, settings)))
    print(_plan(read_postgres(spark, settings, "SELECT post_id FROM posts")))
    print(_plan(raw_records(spark, settings, "2020-03-12", "2020-03-13")))
    print("options:", spark.sql("SET -v").collect(), spark.sql("SET").collect())


if __name__ == "__main__":
    main()
