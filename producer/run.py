"""Puts a replay together: sources, positions, producer, progress."""

import logging
import uuid
from collections.abc import Sequence

from groundswell.errors import InputError
from groundswell.settings import load_settings
from producer.fenced_sink import fenced_sink
from producer.interruption import Interruption
from producer.options import ReplayOptions
from producer.plan import Plan, make_plan
from producer.positions import Position, position_key
from producer.progress import Meter
from producer.replay import End, Outcome, Replay, Timing
from producer.sink import DrySink, Sink
from producer.sources import Source, find_sources

logger = logging.getLogger(__name__)


def run_replay(files: Sequence[str], options: ReplayOptions, dry_run: bool) -> tuple[Outcome, int]:
    """Replay files.

    Returns
    -------
    tuple of (Outcome, int)
        What was done, and the exit code: 0, or 128 + the signal's number.

    Raises
    ------
    GroundswellError
        A file or option can't be used, or Kafka can't be reached.
    """
    options.check()
    sources = find_sources(files)
    _check_pipes(sources, options, dry_run)
    settings = load_settings()
    timing = Timing()
    with Interruption() as interruption:
        sink: Sink = DrySink()
        committed: dict[str, Position] = {}
        if not dry_run:
            # Pipes have no place to go back to, so two replays of pipes have nothing to do with each other.
            apart = None if all(source.resumable for source in sources) else uuid.uuid4().hex
            sink, committed = fenced_sink(settings, [position_key(source, options) for source in sources], apart)
        plan = make_plan(sources, committed, options)
        _say_what_is_done(plan)
        total = 0 if options.loop else sum(s.size_bytes for s in sources if s not in plan.finished)
        with Meter(total, timing.monotonic) as meter:
            run = Replay(plan, options, sink, settings.kafka.topic_prefix, interruption.check, meter, timing)
            outcome = run.run()
    return outcome, interruption.exit_code if outcome.end is End.INTERRUPTED else 0


def _check_pipes(sources: list[Source], options: ReplayOptions, dry_run: bool) -> None:
    pipes = [source.name for source in sources if not source.resumable]
    if pipes and options.loop:
        raise InputError(f"--loop: {', '.join(pipes)} can be read once only", "write it to a file first")
    if pipes and not dry_run:
        logger.info("%s can't be resumed: when this replay is cut, it has to be sent from its start", ", ".join(pipes))


def _say_what_is_done(plan: Plan) -> None:
    finished = plan.finished
    if finished:
        names = ", ".join(source.name for source in finished[:3]) + (", ..." if len(finished) > 3 else "")
        logger.info("already sent whole, and not sent again without --restart: %s (%d files)", names, len(finished))
    for source, position in plan.positions.items():
        if position.line_number and not position.finished:
            logger.info("%s goes on after line %s", source.name, f"{position.line_number:,}")
