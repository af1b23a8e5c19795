"""What is normal for a keyword, and when it is not: seasonal baselines, count tails, watch list and discovery.

The stream, the statistics job, `groundswell backtest` and the benchmarks call these same functions; docs/DETECTION.md
has the method and what it is measured at.
"""
