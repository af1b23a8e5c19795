"""Nightly work: parse the lake into Postgres, recompute statistics, maintain the lake."""
