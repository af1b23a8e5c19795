"""The detector that the benchmarks measure: seasonal baselines, count tails, watch list and discovery.

`groundswell stream` still judges by `groundswell.domain.score`; this package takes its place as soon as the statistics
in Postgres carry what it needs (docs/DETECTION.md says what is missing).
"""
