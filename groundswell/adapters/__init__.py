"""The only places that open a connection: Kafka, Spark, the lake, Postgres."""
