"""The project's one error hierarchy.

Every error that a person can do something about is a `GroundswellError`; the command line prints its message and its
way out without a traceback and exits with its code.
"""


class GroundswellError(Exception):
    """A failure with a cause and a way out that a person can read.

    Parameters
    ----------
    message : str
        What happened, naming the thing it happened to.
    way_out : str
        What to do about it; empty when the message says it all.
    """

    exit_code = 1

    def __init__(self, message: str, way_out: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.way_out = way_out

    def __str__(self) -> str:
        """Return the message and, on its own line, the way out."""
        return f"{self.message}\n  -> {self.way_out}" if self.way_out else self.message


class SettingsError(GroundswellError):
    """A setting is missing or makes no sense."""

    exit_code = 2


class InputError(GroundswellError):
    """A file or argument given by a person can't be used."""

    exit_code = 2


class UnavailableError(GroundswellError):
    """A server (Kafka, Postgres, S3) can't be reached."""

    exit_code = 3


class LocalStackError(GroundswellError):
    """A part of the local stack can't be started, or died."""

    exit_code = 4


class DataCheckError(GroundswellError):
    """Data written does not agree with data read."""

    exit_code = 5
