"""Where records go: Kafka in transactions, or nowhere."""

from collections.abc import Mapping
from time import monotonic
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

from groundswell.adapters.kafka import TRANSACTION_SECONDS, KafkaUnavailable
from groundswell.contracts.topics import REPLAY_POSITIONS
from groundswell.errors import GroundswellError
from groundswell.settings import Settings
from producer.positions import Position

Headers = list[tuple[str, str | bytes | None]]
_FENCED = {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.INVALID_PRODUCER_ID_MAPPING}


class FencedError(GroundswellError):
    """Another replay of the same files took over."""

    def __init__(self) -> None:
        super().__init__(
            "another run over the same files or feeds took over, so this one has stopped; nothing was sent twice",
            "leave them to the other one; if there is none (this one was suspended), run the command again",
        )


class Produce(Protocol):
    """Takes a record; raises BufferError when there is no room at the moment."""

    def __call__(self, topic: str, value: bytes, key: bytes | None = None, *, timestamp: int, headers: Headers) -> None:
        """Take a record."""


class Sink(Protocol):
    """What a replay needs of the place its records go to."""

    @property
    def produce(self) -> Produce:
        """What takes a record."""

    def make_room(self) -> None:
        """Wait a moment for records on their way to leave."""

    def serve(self) -> None:
        """Let the client report what it has to; never waits."""

    def commit(self, positions: Mapping[str, Position]) -> None:
        """Make everything produced so far count, together with the positions it leads to."""

    def abort(self) -> None:
        """Take back what was produced since the last commit."""

    def translated(self, error: KafkaException) -> GroundswellError:
        """Return a client's error in words for people."""


class DrySink:
    """Takes everything and keeps nothing."""

    def produce(self, topic: str, value: bytes, key: bytes | None = None, *, timestamp: int, headers: Headers) -> None:
        """Do nothing."""

    def make_room(self) -> None:
        """Do nothing."""

    def serve(self) -> None:
        """Do nothing."""

    def commit(self, positions: Mapping[str, Position]) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""

    def translated(self, error: KafkaException) -> GroundswellError:
        """Never called: there is no client."""
        return GroundswellError(str(error))


class KafkaSink:
    """Records and positions in the same transactions.

    Parameters
    ----------
    producer : Producer
        With its transactions initialised.
    settings : Settings
        For the topics' prefix.
    """

    def __init__(self, producer: Producer, settings: Settings) -> None:
        self._producer = producer
        self._settings = settings
        self._positions_topic = REPLAY_POSITIONS.name(settings.kafka.topic_prefix)
        producer.begin_transaction()
        # The client's own method: one call less for each record.
        self.produce: Produce = producer.produce

    def make_room(self) -> None:
        """Wait a moment for records on their way to leave."""
        self._producer.poll(0.05)

    def serve(self) -> None:
        """Let the client report what it has to."""
        self._producer.poll(0)

    def commit(self, positions: Mapping[str, Position]) -> None:
        """Commit everything produced so far together with the positions, and begin the next transaction.

        Raises
        ------
        FencedError
            A newer producer of the same set of sources is at work.
        KafkaUnavailable
            The broker could not take it; nothing since the last commit counts.
        """
        try:
            for key, position in positions.items():
                self._produce_position(key.encode(), position.encode())
            self._commit(monotonic() + TRANSACTION_SECONDS)
            self._producer.begin_transaction()
        except KafkaException as error:
            raise self.translated(error) from error

    def abort(self) -> None:
        """Take back what was produced since the last commit, as far as the broker can still be told."""
        try:
            self._producer.abort_transaction(5)
        except KafkaException as error:
            # The next replay of the same set, or the broker's time-out, aborts it.
            if error.args[0].code() in _FENCED:
                raise FencedError from error

    def translated(self, error: KafkaException) -> GroundswellError:
        """Return a client's error in words for people."""
        cause = error.args[0]
        if cause.code() in _FENCED:
            return FencedError()
        unavailable = KafkaUnavailable(self._settings, cause.str())
        unavailable.way_out += "; then run the same command again: it goes on after the last committed line"
        return unavailable

    def _produce_position(self, key: bytes, value: bytes) -> None:
        while True:
            try:
                return self._producer.produce(self._positions_topic, value, key)
            except BufferError:
                self.make_room()

    def _commit(self, deadline: float) -> None:
        while True:
            try:
                # In short turns, so that Ctrl-C is heard while the broker doesn't answer.
                return self._producer.commit_transaction(1)
            except KafkaException as error:
                if not error.args[0].retriable() or monotonic() > deadline:
                    raise
