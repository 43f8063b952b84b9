"""`clearance drift`: how a published day's deliveries differ in form from those before, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.context import DateOption, Session, parse_date, say
from pipelines.errors import UnknownSubject

KIND_NAMES = {
    "vanished_column": "the column is gone or empty",
    "new_column": "a column that no contract declares",
    "unknown_code": "a code that the contract does not know",
    "share_of_code": "the code's share moved",
    "share_of_empties": "the share of empty values moved",
    "share_of_unreadable": "more values cannot be read",
    "new_date_shape": "a time written in a new shape",
}


def drift(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="One source; all by default.")] = None,
    on: DateOption = None,
) -> None:
    """How the deliveries of a published day (the latest by default) differ in form from the 28 days before."""
    import duckdb

    from pipelines.publish.terminal import published_database
    from pipelines.store import open_published

    session: Session = context.obj
    file = published_database(session.workspace().published, parse_date(on) if on else None)
    with open_published(file) as connection:
        sources = connection.execute(
            "select source, title, is_delivered from clearance.sources order by source"
        ).fetchall()
        names = [name for name, _, _ in sources]
        if source is not None and source not in names:
            raise UnknownSubject(f"there is no source {source}", remedy=f"known sources: {', '.join(names)}")
        try:
            rows = connection.execute(
                "select source, kind, column_name, example, count, rows, share, baseline_share, is_new, accept, "
                "history_days from clearance.drift order by source, not is_new, kind, column_name, example"
            ).fetchall()
        except duckdb.CatalogException:
            raise UnknownSubject(
                "that day was published before drift was kept", remedy="name a later day with --date"
            ) from None
    for name, title, is_delivered in sources:
        if source not in (None, name):
            continue
        of_source = [row[1:] for row in rows if row[0] == name]
        if not of_source:
            say(f"{name} {title}: {'no drift' if is_delivered else 'delivered nothing for the day'}")
            continue
        new = sum(bool(row[7]) for row in of_source)
        before = f"{of_source[0][9]} days with deliveries before" if of_source[0][9] else "no history yet"
        say(f"{name} {title}: {len(of_source)} drift findings, {new} new ({before})")
        for kind, column, example, count, total, share, baseline, is_new, accept, _ in of_source:
            shown = f" · {example}" if example else ""
            compared = "" if baseline is None else f", before {baseline:.1%}"
            say(f"  {'new ' if is_new else 'seen'} {kind}: {column}{shown} — {KIND_NAMES.get(kind, kind)}")
            say(f"       {count} of {total} rows ({share:.1%}{compared})")
            say(f"       {accept}")
