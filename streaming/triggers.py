"""When the queries work: every few seconds, or once through all that is there."""

from pyspark.sql.streaming import DataStreamWriter

from groundswell.settings import Settings


def trigger(writer: DataStreamWriter, settings: Settings, available_now: bool) -> DataStreamWriter:
    """Return the writer with its trigger set."""
    if available_now:
        return writer.trigger(availableNow=True)
    return writer.trigger(processingTime=f"{settings.stream.trigger_seconds} seconds")
