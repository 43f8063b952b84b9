"""Which ticket each value of a lead comes from, and why that one. The rules are those of sql/ledger/leads.sql."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Origin:
    """A value of a lead: its columns in `leads` and `tickets`, the ticket that gave it, the reason, and who says otherwise."""

    column: str
    of_ticket: str
    ticket: Row
    why: str
    others: tuple[Row, ...]

    @property
    def value(self) -> Any:
        return self.ticket[self.of_ticket]


def origins(tickets: Sequence[Row]) -> list[Origin]:
    """The origin of every value that some ticket of a lead states; `tickets` are its rows of clearance.tickets."""
    if not tickets:
        return []
    came = sorted(tickets, key=_received)
    paid = [row for row in came if row["closed_at"] is not None and (row["recovered_fen"] or 0) > 0]
    closed = [row for row in came if row["closed_at"] is not None]
    is_open = any(row["is_open"] for row in came)
    waiting = [row for row in came if row["is_open"] and row["due_at"] is not None]
    found = [
        _origin("division_code", "division_code", came, came[0], "最早接收的工单"),
        _origin("channel", "channel", came, came[0], "最早接收的工单"),
        _origin("first_received_at", "received_at", [], came[0], "最早接收的工单"),
        _of("claimed_fen", "claimed_fen", came, lambda row: (row["claimed_fen"] or 0) > 0, max, _received,
            "写有金额（大于 0）的工单中最晚接收的"),
        _of("claimed_persons", "claimed_persons", came, lambda row: row["claimed_persons"] is not None, max,
            lambda row: (row["claimed_persons"], -_place(came, row)), "各工单中人数最多的"),
        _of("recovered_fen", "recovered_fen", paid, lambda row: True, max, _closed,
            "已办结且追回金额大于 0 的工单中最晚办结的；各件不重复相加"),
        _of("recovered_persons", "recovered_persons", paid, lambda row: True, max, _closed, "与追回金额取自同一件"),
        _of("employer", "employer", came, lambda row: row["employer"] is not None, min, _received, "最早写明用人单位的工单"),
        _of("project", "project", came, lambda row: row["project"] is not None, min, _received, "最早写明项目的工单"),
        _of("due_at", "due_at", waiting, lambda row: True, min, lambda row: (row["due_at"], *_received(row)),
            "未办结工单中最早到期的")
        if is_open
        else _of("due_at", "due_at", closed, lambda row: row["due_at"] is not None, max, _closed, "最晚办结的工单的期限"),
        None
        if is_open
        else _of("closed_at", "closed_at", closed, lambda row: True, max, _closed, "没有未办结的工单，取最后一次办结"),
    ]  # fmt: skip
    return [origin for origin in found if origin is not None]


def _of(
    column: str,
    of_ticket: str,
    tickets: Sequence[Row],
    is_eligible: Callable[[Row], bool],
    choose: Callable[..., Row],
    key: Callable[[Row], Any],
    why: str,
) -> Origin | None:
    eligible = [row for row in tickets if is_eligible(row)]
    return _origin(column, of_ticket, eligible, choose(eligible, key=key), why) if eligible else None


def _origin(column: str, of_ticket: str, eligible: Sequence[Row], ticket: Row, why: str) -> Origin:
    others = tuple(row for row in eligible if row[of_ticket] not in (None, ticket[of_ticket]))
    return Origin(column, of_ticket, ticket, why, others)


def _received(row: Row) -> tuple[Any, ...]:
    return row["received_at"], row["ticket_id"]


def _closed(row: Row) -> tuple[Any, ...]:
    return row["closed_at"], row["ticket_id"]


def _place(tickets: Sequence[Row], row: Row) -> int:
    return next(place for place, other in enumerate(tickets) if other is row)
