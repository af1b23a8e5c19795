"""The local stack: Kafka, Postgres and an S3 server as plain detached processes of this machine."""
