"""Booking as in accounting: what a published day said stays said; the rest is posted as the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from pipelines.store import run_sql

BEFORE_ALL_DAYS, AFTER_ALL_DAYS = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class Booking:
    """What the book is made for. `newest_date` is the newest published date, None before the first publication.

    `before_sequence` is the publication that is compared with (0: none), `last_judgement` the last that it knew.
    A reissue books nothing: its book is the one of the business date, its differences are listed beside.
    """

    publication_id: str
    business_date: date
    newest_date: date | None
    last_judgement: int
    rule_cause: str
    channels: Sequence[str]
    due_soon_working_days: int
    before_sequence: int = 0
    is_reissue: bool = False


def describe_leads(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.leads: each lead at the end of the business date (needs core.clocks)."""
    run_sql(connection, "ledger/leads")


def book(connection: duckdb.DuckDBPyConnection, booking: Booking) -> int:
    """Make core.differences, core.postings (entries to post), core.book, clearance_daily and clearance_restated.

    Returns the number of entries to post. Each entry is ±1 on the stock of one cell, or a repeated ±1 of one day.
    """
    parameters: dict[str, object] = {
        "publication_id": booking.publication_id,
        "business_date": booking.business_date,
        "newest_date": booking.newest_date or BEFORE_ALL_DAYS,
        "last_judgement": booking.last_judgement,
        "rule_cause": booking.rule_cause,
        "channels": list(booking.channels),
        "due_soon": booking.due_soon_working_days,
        "before_sequence": booking.before_sequence,
        "booked_upto": booking.business_date if booking.is_reissue else AFTER_ALL_DAYS,
        "is_reissue": booking.is_reissue,
    }
    for name in (
        "ticket_entries",
        "lead_entries",
        "target_entries",
        "members_before",
        "changed_leads",
        "differences",
        "postings",
        "book",
        "stock_intervals",
        "cells",
        "source_days",
        "measures",
        "booked_measures",
        "clearance_daily",
        "clearance_restated",
    ):
        run_sql(connection, f"ledger/{name}", parameters)
    posted = connection.execute("select count(*) from core.postings").fetchone()
    return int(posted[0]) if posted else 0
