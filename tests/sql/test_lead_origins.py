"""`explain` names the ticket that each value of a lead comes from: the same one that the ledger takes. Data is invented."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipelines.publish.origins import origins
from tests.book_harness import Office

DAY = date(2023, 8, 31)
TICKETS = """
select l.lead_id, s.ticket_id, s.channel, s.division_code, s.received_at, s.closed_at, s.is_open, s.claimed_fen, s.claimed_persons,
       case when s.status = 'closed' then s.recovered_fen end as recovered_fen,
       case when s.status = 'closed' then s.recovered_persons end as recovered_persons, s.employer, s.project, c.due_at
from core.ticket_state as s
join core.lead_of_ticket as l on l.ticket_id = s.ticket_id
left join core.clocks as c on c.ticket_id = s.ticket_id and c.is_closing and c.is_measurable
order by s.ticket_id
"""
LEADS = """
select lead_id, division_code, channel, first_received_at, claimed_fen, claimed_persons, recovered_fen, recovered_persons,
       employer, project, due_at, closed_at
from core.leads
"""


def rows(office: Office, query: str) -> list[dict[str, Any]]:
    result = office.connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def some_ticket(draw: random.Random, number: int) -> dict[str, Any]:
    """One of few workers' tickets, with whatever values a source may send."""
    received = datetime(2023, 8, 1, 9) + timedelta(days=draw.randrange(20), minutes=draw.choice((0, 0, 30)))
    ticket: dict[str, Any] = {
        "ticket_no": f"T{number:02d}", "received_at": received, "claimant_name": f"张三{'丰封风'[number % 3]}",
        "claimant_phone": f"1380000000{number % 3}", "claimant_id_number": None, "division_code": draw.choice(("640104", "640106")),
        "employer": draw.choice((None, "宁夏恒泰建筑工程有限公司")), "project": draw.choice((None, "银川阅海万家三期")),
        "claimed_fen": draw.choice((None, 0, 1_800_000, 1_800_000, 1_900_000)), "claimed_persons": draw.choice((None, 1, 1)),
        "source_due_at": draw.choice((None, received + timedelta(days=draw.randrange(5, 15)))),
    }  # fmt: skip
    if draw.random() < 0.7:
        ticket |= {
            "status": "closed", "closed_at": received + timedelta(days=draw.randrange(1, 9)), "outcome": "paid",
            "recovered_fen": draw.choice((None, 0, 900_000, 1_800_000)), "recovered_persons": draw.choice((None, 1)),
        }  # fmt: skip
    return ticket


@pytest.mark.parametrize("seed", range(5))
def test_every_value_comes_from_the_ticket_that_is_named(seed: int) -> None:
    draw = random.Random(seed)
    office = Office()
    office.deliver(date(2023, 8, 28), [some_ticket(draw, number) for number in range(30)])
    office.make(DAY, "x")
    tickets, leads = rows(office, TICKETS), rows(office, LEADS)
    assert len(leads) < len(tickets), "some tickets are one lead"
    for lead in leads:
        own = [row for row in tickets if row["lead_id"] == lead["lead_id"]]
        found = {origin.column: origin.value for origin in origins(own)}
        expected = {name: value for name, value in lead.items() if name != "lead_id"}
        # (Nobody recovered is 0 where money is, in the ledger.)
        if found.get("recovered_fen"):
            found["recovered_persons"] = found.get("recovered_persons") or 0
        assert {name: found.get(name) for name in expected} == expected, own


def test_who_says_otherwise_is_named() -> None:
    early = {
        "ticket_id": "a", "received_at": datetime(2023, 8, 1), "closed_at": None, "is_open": True, "due_at": None,
        "division_code": "640104", "channel": "hotline", "claimed_fen": 100, "claimed_persons": 1, "recovered_fen": None,
        "recovered_persons": None, "employer": None, "project": "一期",
    }  # fmt: skip
    late = {
        **early,
        "ticket_id": "b",
        "received_at": datetime(2023, 8, 2),
        "claimed_fen": 200,
        "channel": "national",
    }
    found = {origin.column: origin for origin in origins([late, early])}
    assert found["channel"].ticket is early and [row["ticket_id"] for row in found["channel"].others] == ["b"]
    assert found["claimed_fen"].value == 200 and [
        row["ticket_id"] for row in found["claimed_fen"].others
    ] == ["a"]
    assert found["project"].others == () and not {"recovered_fen", "employer", "closed_at", "due_at"} & set(
        found
    )
    assert origins([]) == []
