"""The `groundswell` command: each sub-command's room is imported only when it is called."""

import importlib
import logging
import signal
import sys

import click

from groundswell.errors import GroundswellError

# name -> (module:attribute, one-line help). Help stands here so that --help imports no room.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("infra.commands:up", "Start Kafka, Postgres and S3 on this machine."),
    "down": ("infra.commands:down", "Stop what `up` started."),
    "status": ("infra.commands:status", "Show each server of the local stack and its health."),
    "doctor": (
        "infra.commands:doctor",
        "Check this machine and the settings; name what is missing and how to get it.",
    ),
    "jars": ("infra.commands:jars", "Fetch the Java jars of the local stack and Spark."),
    "migrate": (
        "infra.migrate_command:migrate",
        "Bring topics, bucket, catalog and database tables up to date.",
    ),
    "synthesize": (
        "producer.synthesize_command:synthesize",
        "Write a realistic, seeded data set with planted bursts.",
    ),
    "replay": ("producer.replay_command:replay", "Replay ndjson files into the posts topic."),
    "scrape": (
        "producer.scrape_command:scrape",
        "Collect posts and comments from TikTok itself.",
    ),
    "profiles": ("producer.profiles_command:profiles", "Ask for users' pages, and fetch those that were asked for."),
    "deadletters": (
        "producer.dead_letters_commands:deadletters",
        "Look at lines that were no posts, and try them again.",
    ),
    "stream": ("streaming.commands:stream", "Run the streaming queries: raw_to_lake and keyword_alerts."),
    "alerts": ("streaming.alerts_commands:alerts", "Look at alerts, dismiss them, name known events."),
    "watchlist": ("streaming.watchlist_commands:watchlist", "Add, remove and list watched keywords and phrases."),
    "batch": (
        "batch.commands:batch",
        "Nightly work: parse-lake, recompute-statistics, propose-phrases, maintain-lake.",
    ),
    "backtest": (
        "batch.backtest_commands:backtest",
        "Judge a CSV of counts, or a keyword's own history, as the stream would have.",
    ),
    "forget": (
        "batch.forget_command:forget",
        "Take a person's data out of Postgres, the lake and the dead letters.",
    ),
    "sql": ("infra.sql_command:sql", "Open psql on the tables, in the read-only role."),
    "demo": (
        "infra.demo_command:demo",
        "Run the whole pipeline on made data and check that planted bursts are found.",
    ),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module_name, attribute = COMMANDS[cmd_name][0].split(":")
        try:
            command = getattr(importlib.import_module(module_name), attribute)
        except ModuleNotFoundError as error:
            raise GroundswellError(
                f"`groundswell {cmd_name}` needs the package {error.name!r}, which is not installed",
                "run `make setup`, or install the extra that has it (see pyproject.toml)",
            ) from error
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("-v", "--verbose", is_flag=True, help="Log at debug level.")
@click.version_option(package_name="groundswell")
def cli(verbose: bool) -> None:
    """See what TikTok is suddenly talking about."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
    )
    for noisy in ("py4j", "kafka", "botocore", "boto3", "urllib3", "yoyo"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if not verbose:
        # It prints the stack of whatever a streaming query dies of, which the command's own message tells.
        logging.getLogger("py4j.clientserver").setLevel(logging.CRITICAL)


def main() -> None:
    """Entry point: turn project errors into a message and an exit code, Ctrl-C into 130."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except GroundswellError as error:
        click.echo(f"groundswell: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
