"""Audits pass on a warehouse that balances, fail on one wrong row, and die where a table is missing."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.quality.audits import Audit, count_violations, load_audits
from tests.sql.audits_city import BUSINESS_DATE, balanced_city

AUDITS = {audit.name: audit for audit in load_audits()}

CELL = (
    "business_date = '2023-08-31' and basis = 'ticket' and division_code = '640104' and channel = 'hotline'"
)
FIRST_CELL = CELL.replace("08-31", "08-30")
# One statement an entry, each of which makes one thing wrong that the audit must see.
BREAKS: dict[str, list[str]] = {
    "rows_are_conserved": [
        "delete from core.known_rows where delivery_id = 'd1' and row_no = 2",
        "update core.known_rows set row_no = 1 where delivery_id = 'd1' and row_no = 2",
        "update core.known_rows set disposition = null where delivery_id = 'd1' and row_no = 2",
        "insert into core.known_rows (delivery_id, row_no, disposition) values ('unknown', 1, 'version')",
    ],
    "versions_belong_to_one_ticket": [
        "update core.ticket_versions set ticket_id = null where delivery_id = 'd1'",
        "update core.ticket_versions set ticket_id = 'hotline:other' where delivery_id = 'd1'",
        "insert into core.ticket_versions select * from core.ticket_versions where delivery_id = 'd1'",
    ],
    "tickets_are_published": [
        "delete from clearance.tickets where ticket_id = 'regional:R1'",
        "delete from core.ticket_state where ticket_id = 'regional:R1'",
        "delete from core.ticket_versions where ticket_id = 'regional:R1'",
        "update clearance.tickets set is_open = false where ticket_id = 'regional:R1'",
        "update clearance.tickets set division_code = '640100' where ticket_id = 'regional:R1'",
    ],
    "tickets_do_not_vanish": [
        "insert into registry.active_members values ('hotline:gone', 'L9')",
        "delete from registry.known_undone_corrections",
        "update registry.known_undone_corrections set row_no = 2",
        "insert into core.ticket_versions (ticket_id) values ('national:N9')",
    ],
    "channels_do_not_shrink": [
        "update registry.ledger_entries set quantity = 2",
        "update registry.ledger_entries set channel = 'cyberspace'",
    ],
    "tickets_have_one_lead": [
        "delete from core.lead_of_ticket where ticket_id = 'regional:R1'",
        "insert into core.lead_of_ticket values ('regional:R1', 'L2')",
        "insert into core.lead_of_ticket values ('hotline:invented', 'L2')",
        "update clearance.tickets set lead_id = 'L2' where ticket_id = 'regional:R1'",
    ],
    "leads_follow_their_tickets": [
        "update clearance.leads set ticket_count = 3 where lead_id = 'L1'",
        "update clearance.leads set open_tickets = 0 where lead_id = 'L1'",
        "update clearance.leads set status = 'closed' where lead_id = 'L1'",
        "delete from clearance.leads where lead_id = 'L1'",
        "insert into clearance.leads (lead_id, status) values ('L9', 'closed')",
    ],
    "leads_hold_one_claimant": [
        "update core.ticket_parties set id_number = 'valid-z' where ticket_id = 'national:N1'"
    ],
    "leads_keep_groups_apart": [
        "update core.ticket_parties set role = 'representative' where ticket_id = 'national:N1'"
    ],
    "judgements_are_kept": [
        "insert into registry.standing_judgements values ('hotline:GD1', 'national:N1', 'different')"
    ],
    "joined_pairs_share_a_lead": [
        "update clearance.matches set is_joined = true",
        "update clearance.matches set lead_id = 'L2' where is_joined",
        "update clearance.matches set ticket_b = 'hotline:unknown' where is_joined",
    ],
    "incidents_hold_their_leads": [
        "update clearance.incidents set lead_count = 3 where incident_id = 'I1'",
        "update clearance.incidents set ticket_count = 9 where incident_id = 'I1'",
        "update clearance.leads set incident_id = null where lead_id = 'L2'",
    ],
    "ledger_identity": [
        f"update clearance.clearance_daily set received = received + 1 where {CELL}",
        f"update clearance.clearance_restated set closing = null where {CELL}",
        f"update clearance.clearance_daily set withdrawn = null where {CELL}",
    ],
    "ledger_chain": [
        f"update clearance.clearance_daily set opening = 5, closing = 5 where {CELL}",
        f"update clearance.clearance_restated set opening = opening + 1 where {CELL}",
        f"update clearance.clearance_daily set opening = 1 where {FIRST_CELL}",
    ],
    "ledger_has_every_cell": [
        f"delete from clearance.clearance_daily where {CELL}",
        f"insert into clearance.clearance_restated select * from clearance.clearance_restated where {CELL}",
        "delete from clearance.clearance_restated where business_date = '2023-08-31'",
        "delete from clearance.clearance_daily",
        "update clearance.clearance_daily set channel = 'ALL' where channel = 'hotline'",
    ],
    "book_closing_is_the_stock": [
        f"update clearance.clearance_daily set closing = 7 where {CELL}",
        "update core.ticket_state set is_open = true where ticket_id = 'petition:P1'",
        "update clearance.leads set status = 'open' where lead_id = 'L2'",
        "delete from clearance.clearance_daily where channel = 'hotline'",
    ],
    "restated_closing_is_the_stock": [
        f"update clearance.clearance_restated set closing = 7 where {CELL}",
        "update clearance.leads set channel = 'hotline' where lead_id = 'L1'",
    ],
    "divisions_add_up_to_the_city": [
        "insert into clearance.clearance_daily select * replace ('ALL' as division_code) "
        f"from clearance.clearance_daily where {CELL}",
        f"update clearance.clearance_restated set division_code = '649999' where {CELL}",
        "insert into clearance.divisions values ('ALL', '全市', 'city')",
        f"update clearance.clearance_restated set closing = closing + 1 where {CELL}",
    ],
    "restated_figures_are_not_negative": [
        f"update clearance.clearance_restated set closing = -1 where {CELL}",
        f"update clearance.clearance_restated set recovered_fen = -1 where {CELL}",
        f"update clearance.clearance_restated set corrections = 1 where {CELL}",
    ],
    "book_figures_are_not_negative": [f"update clearance.clearance_daily set closing = -1 where {CELL}"],
    "measures_fit_the_stock": [
        f"update clearance.clearance_restated set overdue_open = 9 where {CELL}",
        f"update clearance.clearance_restated set closed_late = 9 where {CELL}",
    ],
    "overdue_is_the_same_everywhere": [
        "update clearance.tickets set is_overdue = true where ticket_id = 'hotline:GD1'",
        "update clearance.leads set is_overdue = false",
        f"update clearance.clearance_restated set overdue_open = 1 where {CELL}",
    ],
    "recovered_counts_once": [
        "update clearance.leads set recovered_fen = 150000 where lead_id = 'L2'",
        "update clearance.clearance_restated set recovered_fen = recovered_fen * 2 where basis = 'lead'",
    ],
    "closed_after_received": [
        "update clearance.tickets set closed_at = '2023-08-29 10:00' where ticket_id = 'national:N1'",
        "update clearance.tickets set closed_at = '2023-08-30 08:59' where ticket_id = 'national:N1'",
        "update clearance.tickets set closed_at = '2023-08-31' where ticket_id = 'hotline:GD1'",
        "update clearance.tickets set closed_at = null where ticket_id = 'national:N1'",
        "update clearance.leads set closed_at = '2023-08-30' where lead_id = 'L2'",
    ],
    "events_are_in_order": [
        "update core.ticket_events set sequence = 3 where event = 'closed'",
        "update core.ticket_events set event = 'closed' where ticket_id = 'hotline:GD1'",
        "update core.ticket_events set event = 'received' where event = 'accepted'",
        "update core.ticket_events set event = 'vanished' where event = 'accepted'",
        "update core.ticket_events set occurred_on = '2023-08-29' where event = 'accepted'",
        "update core.ticket_events set sequence = 3 - sequence where ticket_id = 'national:N1'",
    ],
    "events_follow_the_receipt": [
        "update core.ticket_events set occurred_on = '2023-08-01' where event = 'accepted'"
    ],
    "nothing_after_the_business_date": [
        "update clearance.tickets set received_at = '2023-09-01' where ticket_id = 'hotline:GD1'",
        "update clearance.leads set closed_at = '2023-09-01' where lead_id = 'L2'",
        f"update clearance.clearance_daily set business_date = '2023-09-01' where {CELL}",
        f"update clearance.clearance_restated set business_date = '2023-09-01' where {CELL}",
    ],
    "knowledge_ends_with_the_day": [
        "insert into core.known_deliveries values ('d9')",
        "insert into core.known_deliveries values ('never staged')",
    ],
    "quarantine_is_listed": [
        "delete from clearance.quarantine",
        "insert into clearance.quarantine values ('hotline', 'd1', 1, 'cut_record', false)",
        "update clearance.quarantine set reason = null",
    ],
    "sources_add_up": [
        "update clearance.sources set rows_quarantined = 0",
        "delete from clearance.sources where source = 'hotline'",
    ],
    "corrections_are_listed": [
        "delete from clearance.corrections where basis = 'lead'",
        "update clearance.corrections set cause = null",
        f"update clearance.clearance_daily set corrections = 1 where {CELL}",
    ],
    "indicators_agree_with_the_lists": [
        "update clearance.indicators set overdue_0_7 = 5",
        "update clearance.indicators set known = 9 where basis = 'lead'",
        "update clearance.tickets set is_reply_owed = true where ticket_id = 'hotline:GD1'",
        "delete from clearance.indicators where channel = 'direct'",
    ],
    "knowledge_is_accounted_for": [
        "delete from clearance.corrections where basis = 'lead'",
        "update clearance.corrections set booked_on = '2023-09-01'",
        f"update clearance.clearance_restated set closing = closing + 1 where {CELL}",
        f"update clearance.clearance_daily set received = received + 1 where {FIRST_CELL}",
        "insert into clearance.differences values ('2023-08-30', 'ticket', 'closed', '640104', 'hotline', 1, -1)",
    ],
    "clocks_agree_with_the_tickets": [
        "update clearance.clocks set is_closing = true",
        "update clearance.clocks set due_at = '2023-09-07' where ticket_id = 'hotline:GD1' and is_closing",
        "delete from clearance.clocks where ticket_id = 'regional:R1'",
        "update clearance.clocks set ticket_id = 'hotline:unknown' where clock = 'sign'",
    ],
    "limits_follow_their_start": [
        "update clearance.clocks set due_at = '2023-08-29' where clock = 'dispatch'"
    ],
    "persons_are_masked": [
        "update clearance.tickets set claimant_masked = '王小明' where ticket_id = 'regional:R1'",
        "update clearance.tickets set person_key = 'wang' where ticket_id = 'regional:R1'",
    ],
    "acceptance_follows_receipt": [
        "insert into core.ticket_findings values ('hotline:GD1', ['accepted_before_received'])"
    ],
    "closed_once": ["insert into core.ticket_findings values ('hotline:GD1', ['closed_twice'])"],
    "dates_are_not_ahead": ["insert into core.ticket_findings values ('hotline:GD1', ['dated_ahead'])"],
    "deadlines_are_possible": ["insert into core.ticket_findings values ('hotline:GD1', ['due_too_far'])"],
    "extensions_are_in_time": [
        "insert into core.ticket_findings values ('hotline:GD1', ['extended_after_deadline'])"
    ],
    "suspensions_end": ["insert into core.ticket_findings values ('hotline:GD1', ['suspended_long'])"],
    "closings_follow_receipts": ["update clearance.quarantine set reason = 'closed_before_received'"],
    "receipts_are_possible": ["update clearance.quarantine set reason = 'impossible_received_at'"],
    "divisions_are_known": ["update clearance.quarantine set reason = 'unknown_division'"],
    "burn_down_ends_at_the_campaign": [
        "update clearance.burn_down set stock_left = 2, stock_cleared = 2 where day = '2023-08-31'",
        "update clearance.campaign set inflow = 3",
        "update clearance.burn_down set stock_left = 3 where day = '2023-08-30'",
    ],
    "campaign_adds_up": [
        "update clearance.campaign set stock_left = 4",
        "update clearance.campaign set clearance_rate = 1",
        "update clearance.campaign set stock_cleared = -1, stock_left = 5",
    ],
}


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = balanced_city()
    yield connection
    connection.close()


def test_every_audit_is_proven_able_to_fail() -> None:
    assert sorted(AUDITS) == sorted(BREAKS)


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_audit_passes_on_a_city_that_balances(city: duckdb.DuckDBPyConnection, audit: Audit) -> None:
    assert count_violations(city, audit, BUSINESS_DATE) == 0


@pytest.mark.parametrize(
    ("audit", "statement"),
    [(AUDITS[name], statement) for name, all_of in BREAKS.items() for statement in all_of],
)
def test_audit_sees_what_is_wrong(city: duckdb.DuckDBPyConnection, audit: Audit, statement: str) -> None:
    changed = city.execute(statement).fetchone()
    assert changed is not None and changed[0] > 0, "the statement of the test changes nothing"
    assert count_violations(city, audit, BUSINESS_DATE) > 0


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_audit_dies_without_its_tables(audit: Audit) -> None:
    with duckdb.connect() as empty, pytest.raises(duckdb.CatalogException):
        count_violations(empty, audit, BUSINESS_DATE)


def test_late_knowledge_of_times_without_a_time_of_day_is_compared_by_date(
    city: duckdb.DuckDBPyConnection,
) -> None:
    city.execute(
        "update clearance.tickets set received_at = '2023-08-31 17:00' where ticket_id = 'petition:P1'"
    )
    assert count_violations(city, AUDITS["closed_after_received"], BUSINESS_DATE) == 0


def test_a_judged_pair_may_join_a_group_and_a_member(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("update core.ticket_parties set role = 'representative' where ticket_id = 'national:N1'")
    city.execute("insert into registry.standing_judgements values ('national:N1', 'hotline:GD1', 'same')")
    assert count_violations(city, AUDITS["leads_keep_groups_apart"], BUSINESS_DATE) == 0
