"""Where a replay takes up its work: what is done, what was cut, what is new."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from groundswell.errors import InputError
from producer.cursor import Track
from producer.options import ReplayOptions
from producer.positions import Fingerprint, Position, position_key
from producer.sources import Source

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """Each source with the position to go on from, in order, and the times the set has in common."""

    positions: dict[Source, Position]
    track: Track

    @property
    def is_resumed(self) -> bool:
        """Whether a source goes on in its middle."""
        return any(position.line_number and not position.finished for position in self.positions.values())

    @property
    def finished(self) -> list[Source]:
        """Sources that have nothing left to send."""
        return [source for source, position in self.positions.items() if position.finished]


def make_plan(sources: list[Source], committed: Mapping[str, Position], options: ReplayOptions) -> Plan:
    """Decide for each source where to begin.

    Parameters
    ----------
    sources : list of Source
        In the order they are replayed in.
    committed : Mapping
        Last committed positions by `position_key`.
    options : ReplayOptions
        Of the replay that begins.

    Raises
    ------
    InputError
        A replay that was cut had another clock or start, so its counts and times could not go on.
    """
    known = {} if options.restart else _still_valid(sources, committed, options)
    this_pass = max((position.pass_number for position in known.values()), default=1)
    track = _track(known, this_pass)
    if options.loop and all(s in known and _is_done(known[s], s, this_pass) for s in sources):
        this_pass += 1
        track.begin_pass()
    positions = {}
    for source in sources:
        fresh = Position(
            Fingerprint.of(source), pass_number=this_pass, clock=options.clock, start_seconds=options.start_seconds
        )
        positions[source] = _going_on(known[source], source, fresh, options) if source in known else fresh
    if not all(position.finished for position in positions.values()):
        _check_same_clock(known, options)
    return Plan(positions, track)


def _track(known: Mapping[Source, Position], pass_number: int) -> Track:
    in_pass = [position for position in known.values() if position.pass_number == pass_number]
    shifts = (p.shift_milliseconds for p in in_pass if p.shift_milliseconds is not None)
    return Track(
        next(shifts, None),
        min((p.oldest_seconds for p in in_pass if p.oldest_seconds is not None), default=None),
        max((p.newest_seconds for p in in_pass if p.newest_seconds is not None), default=None),
        max((p.newest_in_pass for p in in_pass), default=0),
    )


def _still_valid(
    sources: list[Source], committed: Mapping[str, Position], options: ReplayOptions
) -> dict[Source, Position]:
    known = {}
    for source in sources:
        position = committed.get(position_key(source, options))
        if position is None or not source.resumable:
            continue
        if position.fingerprint.is_beginning_of(source):
            known[source] = position
        else:
            logger.warning("%s is not the file that was replayed before: it is sent from its start", source.name)
    return known


def _is_done(position: Position, source: Source, pass_number: int) -> bool:
    grown = source.size_bytes > position.fingerprint.size_bytes
    return position.finished and not grown and position.pass_number == pass_number


def _going_on(known: Position, source: Source, fresh: Position, options: ReplayOptions) -> Position:
    if options.loop and known.finished and known.pass_number < fresh.pass_number:
        return replace(known.next_pass(), fingerprint=fresh.fingerprint, pass_number=fresh.pass_number)
    if known.finished and source.size_bytes > known.fingerprint.size_bytes:
        logger.info("%s has grown since it was sent: its new lines are sent", source.name)
    finished = known.finished and source.size_bytes == known.fingerprint.size_bytes
    return replace(known, fingerprint=fresh.fingerprint, finished=finished)


def _check_same_clock(known: Mapping[Source, Position], options: ReplayOptions) -> None:
    for source, position in known.items():
        if position.clock != options.clock or position.start_seconds != options.start_seconds:
            raise InputError(
                f"{source.name} was replayed with another --clock or --start, and the replay was not finished",
                "give the same options to go on with it, or --restart to send everything again",
            )
