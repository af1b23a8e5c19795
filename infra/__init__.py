"""The local stack (Kafka, Postgres, S3 without Docker), Java dependencies, migrations, container files."""
