"""A past day restated: a further revision of a published date, by all that is known now, beside the book.

It knows every landed delivery and counts events up to the end of its day. The book stays as it was: `clearance_daily`
says what was said, `clearance_restated` what is known, `differences` why the two are not the same. The revisions
before stay as they are, and `latest` moves only where the date is the newest published one.
"""

from __future__ import annotations

from datetime import date

from pipelines import normalize, registry
from pipelines.contracts import load_sources
from pipelines.errors import PublicationError
from pipelines.publication import PublicationReport, carry_out, compared_with, settle
from pipelines.settings import City
from pipelines.store import Workspace
from pipelines.tables import Making, Say, landed_deliveries


def reissue(
    workspace: Workspace, city: City, business_date: date, *, say: Say = lambda line: None
) -> PublicationReport:
    """Publish the next revision of a past business date.

    A date before the newest published one that was never published by itself is restated too: a publication after it
    booked it. Raises PublicationError for a date that is not booked yet, GateFailed when a blocking check fails.
    """
    contracts = load_sources()
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        registry.load(workspace, connection)
        settle(workspace, connection)
        done = registry.publications(connection)
        booked_by = registry.that_booked(done, business_date)
        first = connection.execute("select min(booked_on) from registry.ledger_entries").fetchall()[0][0]
        if booked_by is None or first is None or business_date < first:
            newest = max((item.business_date for item in done), default=None)
            raise PublicationError(
                f"{business_date} is not in the book"
                + (f", which holds {first} to {newest}" if newest else "")
                + ": there is nothing to restate",
                remedy=f"clearance publish --date {business_date} publishes a day later than the newest one",
            )
        revision = 1 + max((item.revision for item in done if item.business_date == business_date), default=0)
        making = compared_with(
            Making(
                business_date=business_date,
                publication_id=registry.publication_id(business_date, revision),
                revision=revision,
                sequence=len(done) + 1,
                known=landed_deliveries(workspace),
                newest_date=max(item.business_date for item in done),
                last_judgement=0,
                previous_versions=None,
                is_new=True,
                kind="reissue",
            ),
            booked_by,
        )
        report = carry_out(
            workspace, connection, city, contracts, making, ("tickets", "leads", "differences"), say
        )
        say(
            f"published {making.publication_id}: {report.rows['differences']} differences to what {business_date} said"
        )
        return report
