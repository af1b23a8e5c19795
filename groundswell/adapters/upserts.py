"""Upserts by which the newest sighting wins."""

from groundswell.contracts.tables import Table

_FIRST = "first_seen_at"


def newest_wins(table: Table, rows: str, seen: str = "last_seen_at") -> str:
    """Return an upsert by which the newest sighting's columns stand, in whatever order rows come.

    Parameters
    ----------
    table : Table
        With the columns `first_seen_at` and `seen`.
    rows : str
        A query, or VALUES, with the table's columns in their order.
    seen : str
        Column that tells when a row was seen.

    >>> from groundswell.contracts.tables import HASHTAGS
    >>> newest_wins(HASHTAGS, "VALUES %s").partition("ON CONFLICT")[0]
    'INSERT INTO hashtags (hashtag, first_seen_at, last_seen_at) VALUES %s '
    """
    newer = f"excluded.{seen} >= {table.name}.{seen}"
    changes = [
        f"{name} = CASE WHEN {newer} THEN excluded.{name} ELSE {table.name}.{name} END"
        for name in table.column_names
        if name not in (*table.key, _FIRST, seen)
    ]
    changes += [
        f"{_FIRST} = least({table.name}.{_FIRST}, excluded.{_FIRST})",
        f"{seen} = greatest({table.name}.{seen}, excluded.{seen})",
    ]
    return (
        f"INSERT INTO {table.name} ({', '.join(table.column_names)}) {rows}"
        f" ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {', '.join(changes)}"
    )
