"""What was known when: a late closing stands in the corrections of its day of arrival and in the restated day, nowhere else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pipelines.quality.audits import count_violations, load_audits
from pipelines.store import run_sql
from tests.book_harness import Office

FLOWS = ("received", "reopened", "transferred_in", "closed", "transferred_out", "withdrawn")
D29, D30, D31 = date(2023, 8, 29), date(2023, 8, 30), date(2023, 8, 31)
ACCOUNTED = next(audit for audit in load_audits() if audit.name == "knowledge_is_accounted_for")


def version(number: str, status: str, changed: datetime, **more: Any) -> dict[str, Any]:
    return {
        "ticket_no": number,
        "received_at": datetime(2023, 8, 28, 9),
        "changed_at": changed,
        "status": status,
        "native_status": status,
        "claimant_name": "张三丰",
        "employer": "恒泰建筑",
        **more,
    }


def late_closing() -> Office:
    """Two tickets received on 08-28; the closing of A, dated 08-29, comes with the delivery of 08-31."""
    office = Office()
    office.deliver(
        D29,
        [
            version("A", "handling", datetime(2023, 8, 28, 9)),
            version("B", "handling", datetime(2023, 8, 28, 9), claimant_name="李四光", employer="另一家"),
        ],
    )
    office.publish(D29)
    office.publish(D30)
    office.deliver(
        D31,
        [
            version(
                "A", "closed", datetime(2023, 8, 31, 8), closed_at=datetime(2023, 8, 29, 16), outcome="paid",
                recovered_fen=500_000, recovered_persons=1,
            )
        ],
    )  # fmt: skip
    return office


def changed(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def test_a_late_closing_is_a_correction_of_its_arrival_and_stands_in_its_own_day_restated() -> None:
    office = late_closing()
    said = {day: office.day(day, basis) for day in (D29, D30) for basis in ("ticket",)}
    office.publish(D31)
    for basis in ("ticket", "lead"):
        book = {day: office.day(day, basis) for day in (D29, D30, D31)}
        known = {day: office.day(day, basis, "clearance_restated") for day in (D29, D30, D31)}
        assert book[D31] == {**dict.fromkeys(book[D31], 0), "opening": 2, "corrections": -1, "closing": 1}
        assert changed(book[D29], known[D29]) == {"closed": 1, "closing": -1}
        assert changed(book[D30], known[D30]) == {"opening": -1, "closing": -1}
        assert known[D31] == {**dict.fromkeys(book[D31], 0), "opening": 1, "closing": 1}
        assert office.rows(
            "select booked_on, occurred_on, flow, quantity, effect, cause from core.book "
            f"where basis = '{basis}' and booked_on <> occurred_on"
        ) == [(D31, D29, "closed", 1, -1, "late_row")]
    assert {day: office.day(day) for day in (D29, D30)} == said, "what was published stays"


def test_a_reissue_shows_the_day_as_known_beside_the_book_and_books_nothing() -> None:
    office = late_closing()
    before = office.table("clearance_daily", D29)
    office.publish(D31)
    entries = office.rows("select * from registry.ledger_entries order by all")
    office.reissue(D29)
    assert office.table("clearance_daily", D31) == before, (
        "the book of the day as it was published, and not a day more"
    )
    for basis in ("ticket", "lead"):
        said, known = office.day(D29, basis), office.day(D29, basis, "clearance_restated")
        assert changed(said, known) == {"closed": 1, "closing": -1}
    assert office.rows(
        "select occurred_on, basis, flow, quantity, effect, cause, corrected_on from clearance.differences"
    ) == [(D29, basis, "closed", 1, -1, "late_row", D31) for basis in ("lead", "ticket")]
    assert office.rows("select * from registry.ledger_entries order by all") == entries
    office.publish(date(2023, 9, 1))
    assert office.day(date(2023, 9, 1))["corrections"] == 0, "the next day is compared with the book"


def test_a_reissue_knows_what_no_publication_knows_yet() -> None:
    office = late_closing()
    office.reissue(D30)
    assert office.rows(
        "select basis, occurred_on, flow, effect, cause, corrected_on from clearance.differences"
    ) == [(basis, D29, "closed", -1, "late_row", None) for basis in ("lead", "ticket")]
    assert changed(office.day(D30), office.day(D30, table="clearance_restated")) == {
        "opening": -1,
        "closing": -1,
    }
    office.publish(D31)
    assert office.day(D31)["corrections"] == -1, "it is booked by the next day all the same"


def test_what_the_closing_was_comes_with_it() -> None:
    office = late_closing()
    office.reissue(D29)
    assert office.rows(
        "select status, closed_at, outcome, recovered_fen from core.ticket_state where ticket_id = 'national:A'"
    ) == [("closed", datetime(2023, 8, 29, 16), "paid", 500_000)]
    assert office.rows(
        "select business_date, recovered_fen from clearance.clearance_restated where recovered_fen > 0 and basis = 'lead'"
    ) == [(D29, 500_000)]


def test_a_verdict_is_the_cause_of_what_it_changed() -> None:
    office = Office()
    rows = [
        version("A", "handling", datetime(2023, 8, 28, 9)),
        version("B", "handling", datetime(2023, 8, 28, 10), claimant_name="李四光", employer="另一家"),
    ]
    office.deliver(D29, rows)
    office.publish(D29)
    office.judge("national:A", "national:B", "same")
    office.reissue(D29)
    found = office.rows("select basis, flow, effect, cause, corrected_on from clearance.differences")
    assert found == [("lead", "received", -1, "judgement", None)]
    office.publish(D30)
    office.reissue(D29)
    found = office.rows("select basis, flow, effect, cause, corrected_on from clearance.differences")
    assert found == [("lead", "received", -1, "judgement", D30)]


def test_every_day_differs_by_what_is_listed() -> None:
    office = late_closing()
    office.publish(D31)
    for day in (D29, D30, D31):
        office.reissue(day)
        run_sql(office.connection, "marts/corrections")
        assert count_violations(office.connection, ACCOUNTED, day) == 0
    office.make(D31, "again")
    office.connection.execute("delete from clearance.differences")
    run_sql(office.connection, "marts/corrections")
    assert office.number("select count(*) from clearance.corrections") == 2
    assert count_violations(office.connection, ACCOUNTED, D31) == 0
