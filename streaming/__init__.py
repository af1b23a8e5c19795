"""The two Structured Streaming queries: raw_to_lake and keyword_alerts."""
