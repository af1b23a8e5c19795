"""Spark expressions and DataFrame -> DataFrame transforms; no I/O, no settings."""
