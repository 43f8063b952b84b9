"""On any history the book in SQL equals the slow reference, balances, and never changes a published day."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.quality.audits import count_violations, load_audits
from pipelines.store import run_sql
from tests.book_harness import Office
from tests.property.reference_book import ReferenceBook

FIRST = date(2023, 8, 1)
STATUSES = ("received", "handling", "closed", "closed", "returned", "withdrawn", "reopened", "suspended")
DIVISIONS = ("640104", "640105")
IDS = ("11010519491231002X", "440524188001010014")
ACCOUNTED = next(audit for audit in load_audits() if audit.name == "knowledge_is_accounted_for")
FLOWS = ("received", "reopened", "transferred_in", "closed", "transferred_out", "withdrawn")


def moment(day: int, hour: int) -> datetime:
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day, hours=hour)


@st.composite
def histories(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """For each of up to 4 days: the rows delivered; tickets of 2 people, changing as they please, late or early."""
    days: list[list[dict[str, Any]]] = [[] for _ in range(draw(st.integers(2, 4)))]
    for number in range(draw(st.integers(1, 4))):
        person = draw(st.integers(0, 1))
        received = moment(draw(st.integers(0, 3)), draw(st.integers(0, 23)))
        for change in range(draw(st.integers(1, 4))):
            if draw(st.integers(0, 9)) == 0:
                received = moment(draw(st.integers(0, 3)), draw(st.integers(0, 23)))
            changed = moment(draw(st.integers(0, 4)), draw(st.integers(0, 23))) + timedelta(
                minutes=number * 7 + change
            )
            status = draw(st.sampled_from(STATUSES))
            row: dict[str, Any] = {
                "ticket_no": f"T{number}",
                "received_at": received,
                "changed_at": max(changed, received),
                "status": status,
                "native_status": f"{status}{change}",
                "division_code": draw(st.sampled_from(DIVISIONS)),
                "claimant_id_number": IDS[person],
                "claimant_name": "张三丰",
                "employer": "恒泰建筑",
            }
            if status == "closed":
                closed = received + timedelta(hours=draw(st.integers(0, 60)))
                row["closed_at"] = closed
                row["changed_at"] = max(row["changed_at"], closed)
            first_possible = max(0, (received.date() - FIRST).days)
            delivered = draw(st.integers(min(first_possible, len(days) - 1), len(days) - 1))
            if (received.date() - FIRST).days <= delivered:
                days[delivered].append(row)
    return days


def folded(office: Office) -> list[dict[str, Any]]:
    names = (
        "ticket_id",
        "received_at",
        "changed_at",
        "status",
        "division_code",
        "closed_at",
        "channel",
        "claimant_id_number",
    )
    rows = office.rows(
        f"select {', '.join(names)}, row_number() over (order by changed_at, delivered_for, order_key, delivery_id, row_no) "
        "from core.ticket_versions where not is_contradicted"
    )
    return [dict(zip((*names, "fold"), row, strict=True)) for row in rows]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(histories())
def test_the_book_equals_the_reference(days: list[list[dict[str, Any]]]) -> None:
    office = Office()
    lead_ids: dict[str, str] = {}
    reference = ReferenceBook(lead_of=lambda version: version["claimant_id_number"])
    published: dict[date, list[tuple[Any, ...]]] = {}
    for number, rows in enumerate(days):
        day = FIRST + timedelta(days=number)
        office.deliver(day, rows)
        office.publish(day)
        reference.publish(folded(office), day)
        for before, table in published.items():
            assert office.table("clearance_daily", before) == table, (
                f"{before} changed when {day} was published"
            )
        published[day] = office.table("clearance_daily", day)
        assert office.make(day, "again") == 0
    last = FIRST + timedelta(days=len(days) - 1)
    assert lead_ids == {}
    got = {}
    for row in office.rows(
        f"select business_date, basis, division_code, channel, {', '.join(FLOWS)}, corrections, closing - opening from clearance.clearance_daily"
    ):
        cell = {
            name: value
            for name, value in zip((*FLOWS, "corrections", "change"), row[4:], strict=True)
            if value
        }
        if cell:
            got[row[:4]] = cell
    expected = {
        key: {name: value for name, value in cell.items() if value}
        for key, cell in reference.daily(last).items()
    }
    assert got == {key: cell for key, cell in expected.items() if cell}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(histories())
def test_what_is_known_differs_from_what_was_said_by_the_entries_listed(
    days: list[list[dict[str, Any]]],
) -> None:
    office = Office()
    reference = ReferenceBook(lead_of=lambda version: version["claimant_id_number"])
    dates = [FIRST + timedelta(days=number) for number in range(len(days))]
    for day, rows in zip(dates, days, strict=True):
        office.deliver(day, rows)
        office.publish(day)
        run_sql(office.connection, "marts/corrections")
        office.connection.execute(
            "create or replace table clearance.differences as select * from clearance.corrections limit 0"
        )
        assert count_violations(office.connection, ACCOUNTED, day) == 0, f"published on {day}"
    book = office.table("clearance_daily", dates[-1])
    entries = office.rows("select * from registry.ledger_entries order by all")
    for day in dates:
        office.reissue(day)
        run_sql(office.connection, "marts/corrections")
        assert count_violations(office.connection, ACCOUNTED, day) == 0, f"restated {day}"
        assert office.table("clearance_daily", dates[-1]) == [row for row in book if row[0] <= day]
        # The restated day is what the reference counts of all that is known, up to the end of the day.
        target = reference.target(folded(office), day)
        expected: Counter[tuple[Any, ...]] = Counter()
        for (basis, _, flow, occurred_on, division, channel), quantity in target.items():
            expected[(occurred_on, basis, division, channel, flow)] += quantity
        got = {
            (*row[:4], flow): quantity
            for row in office.rows(
                f"select business_date, basis, division_code, channel, {', '.join(FLOWS)} from clearance.clearance_restated"
            )
            for flow, quantity in zip(FLOWS, row[4:], strict=True)
            if quantity
        }
        assert got == {key: quantity for key, quantity in expected.items() if quantity}
    assert office.rows("select * from registry.ledger_entries order by all") == entries


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_between_publications_does_not_matter(
    days: list[list[dict[str, Any]]], random: Any
) -> None:
    day = FIRST + timedelta(days=len(days) - 1)
    tables = []
    for is_shuffled in (False, True):
        office = Office()
        deliveries = [(FIRST + timedelta(days=number), rows) for number, rows in enumerate(days)]
        if is_shuffled:
            random.shuffle(deliveries)
            deliveries += deliveries
        for delivered_for, rows in deliveries:
            office.deliver(delivered_for, rows)
        office.publish(day)
        tables.append(
            [
                office.table("clearance_daily", day),
                office.rows("select * from registry.active_members order by all"),
                office.rows(
                    "select ticket_id, event, occurred_at, from_division, to_division from core.ticket_events order by all"
                ),
            ]
        )
    assert tables[0] == tables[1]
