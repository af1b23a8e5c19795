"""`groundswell forget`: taking a person's data out of everything that is kept."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from batch.forgetting.dead_letters import forget_dead_letters
from batch.forgetting.lake import forget_records
from batch.forgetting.objects import forget_objects
from batch.forgetting.person import Person, find_person
from batch.forgetting.tables import forget_rows
from groundswell.adapters.lake import raw_table
from groundswell.adapters.object_store import s3_client
from groundswell.adapters.postgres import connect, transaction
from groundswell.adapters.spark import spark_session
from groundswell.errors import UnavailableError
from groundswell.settings import Settings, load_settings


@click.command()
@click.option(
    "--author", "author_id", required=True, metavar="ID", help="TikTok's id of the author (authors.author_id)."
)
@click.option("--name", "names", multiple=True, help="A user name they have had, if the tables don't know it.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def forget(author_id: str, names: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Take a person's data out of Postgres, the lake and the dead letters; this can't be undone.

    Posts, profile pages, comments by them and on their posts, and their posts in the evidence of alerts. How often a
    keyword was mentioned stays, as it names nobody. Running it again finds what came in meanwhile. The posts and the
    alerts topic hold records until their retention is over: docs/COLLECTING.md says how to shorten it.
    """
    settings = load_settings()
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        person = find_person(cursor, author_id, names)
        connection.commit()
    if not yes:
        known = ", ".join(f"@{name}" for name in person.names) or "no user name known"
        click.confirm(f"Forget author {author_id} ({known}; {len(person.post_ids):,} posts)?", abort=True, err=True)
    done = _forget(settings, person, lambda what: click.echo(f"{what} ...", err=True))
    if as_json:
        click.echo(json.dumps(done))
        return
    for name, count in done.items():
        if count:
            click.echo(f"{name:<26} {count:>10,}")
    click.echo("done" if any(done.values()) else "nothing was there")


def _forget(settings: Settings, person: Person, say: Callable[[str], None]) -> dict[str, Any]:
    # The tables come last: they know which posts are theirs, so that a run that was cut can be repeated.
    done: dict[str, Any] = {}
    say("lake")
    spark = spark_session(settings, "groundswell forget")
    try:
        table = raw_table(settings)
        if spark.catalog.tableExists(table):
            now = datetime.now(UTC)
            done["lake records"] = forget_records(spark, settings.lake.catalog, table, person, now)
    finally:
        spark.stop()
    say("objects")
    try:
        done |= forget_objects(s3_client(settings), settings.lake.bucket, person)
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(
            f"the lake at {settings.lake.endpoint_url} can't be used: {error}",
            "check S3 with `groundswell status`, then run the command again: it goes on with what is left",
        ) from error
    say("dead letters")
    done["dead letters"] = forget_dead_letters(settings, person)
    say("tables")
    with closing(connect(settings)) as connection, transaction(connection), connection.cursor() as cursor:
        done |= forget_rows(cursor, person)
    return done
