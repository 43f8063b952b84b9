"""The regional labour-inspection system's exchange table `ldjc_aj`."""

from __future__ import annotations

from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.sources.base import DIVISION_NAMES, Row, Writer
from examples.upstream.model.telling import Telling
from examples.upstream.model.times import DAY, moment_text

CHANNEL_CODES = {"direct": "1", "regional": "2", "supervised": "3"}
STATUS = {
    "received": "01", "accepted": "02", "filed": "03", "investigating": "04", "handling": "05", "closed": "06",
    "suspended": "10", "resumed": "04", "extended": "04", "reopened": "04",
}  # fmt: skip
CLOSINGS = {
    "paid": ("06", "已支付"),
    "paid_by_agreement": ("06", "还款协议"),
    "court": ("06", "申请强制执行"),
    "police": ("08", "移送公安"),
    "arbitration": ("06", "仲裁"),
    "unfounded": ("06", "查无欠薪"),
    "other": ("06", "其他"),
}
BATCH = 2 * 3600


def yuan_text(fen: int) -> str:
    """numeric(14,2)."""
    return f"{fen // 100}.{fen % 100:02d}"


def month_text(month: int) -> str:
    """'202303'."""
    return f"{month // 12}{month % 12 + 1:02d}"


class RegionalWriter(Writer):
    """Cases; `gxsj` has microseconds, and what a batch job wrote shares one."""

    source = "regional"
    columns = (
        "ajbh", "ajly", "djsj", "slsj", "lasj", "yqsj", "jasj", "tsr", "zjhm", "lxdh", "dwmc", "tyshxydm", "xmmc",
        "xzqh", "dz", "qxje", "qxrs", "qxqsny", "qxzzny", "zfje", "zfrs", "ajzt", "jaxs", "nr", "ylbh", "cbdw",
        "scbz", "gxsj",
    )  # fmt: skip
    number_column, received_column, closed_column = "ajbh", "djsj", "jasj"
    division_column = "xzqh"

    def opening(self, ticket: Ticket, telling: Telling) -> Row:
        lead = ticket.lead
        division = ticket.steps[0].division
        return [
            ticket.no, CHANNEL_CODES[ticket.channel], moment_text(ticket.received), None, None, None, None,
            telling.name or "匿名", telling.id_number or None, telling.phone or None, telling.employer,
            telling.employer_code or None,
            telling.project if lead.incident.employer.is_construction else None, division,
            f"银川市{DIVISION_NAMES[division]}{lead.incident.project.place}",
            yuan_text(telling.claimed_fen), str(lead.persons), month_text(telling.first_month),
            month_text(telling.last_month), None, None, "01", None, telling.text, ticket.quoted or None,
            self.handler(division), "0", None,
        ]  # fmt: skip

    def write(self, ticket: Ticket, telling: Telling) -> list[tuple[int, Row]]:
        """Versions; where a batch job wrote, the change is known a little later and at a shared instant."""
        if self._luck.random() < 0.3:
            ticket.steps = [_in_batch(step) for step in ticket.steps]
        return super().write(ticket, telling)

    def change(self, row: Row, step: Step, ticket: Ticket, telling: Telling) -> None:
        at, kind = self._at, step.kind
        row[at["ajzt"]] = STATUS.get(kind, row[at["ajzt"]])
        if kind == "accepted":
            row[at["slsj"]] = moment_text(step.occurred)
        elif kind == "filed":
            row[at["lasj"]] = moment_text(step.occurred)
        elif kind == "extended":
            row[at["yqsj"]] = moment_text(ticket.extended_until)
        elif kind == "closed":
            self._close(row, step, ticket)
        elif kind == "reopened":
            for name in ("jasj", "jaxs", "zfje", "zfrs"):
                row[at[name]] = None
        elif kind == "deleted":
            row[at["scbz"]] = "1"
        elif kind == "transferred":
            row[at["xzqh"]] = step.division
            row[at["cbdw"]] = self.handler(step.division)
        elif kind in ("mistaken", "corrected"):
            row[at["qxje"]] = yuan_text(telling.claimed_fen * (10 if kind == "mistaken" else 1))

    def _close(self, row: Row, step: Step, ticket: Ticket) -> None:
        at, outcome = self._at, ticket.lead.outcome
        status, form = CLOSINGS[outcome]
        luck = self._luck
        if outcome == "unfounded" and row[at["lasj"]] is None and luck.random() < 0.4:
            status = "07"
        elif outcome == "other" and luck.random() < 0.4:
            status = "09"
        row[at["ajzt"]], row[at["jaxs"]] = status, form
        row[at["jasj"]] = moment_text(step.occurred)
        row[at["zfje"]] = yuan_text(ticket.amount_fen)
        row[at["zfrs"]] = str(ticket.amount_persons)

    def stamp(self, row: Row, second: int) -> None:
        micro = second % BATCH * 137 % 1_000_000 if second % BATCH else 120_000
        row[self._at["gxsj"]] = f"{moment_text(second)}.{micro:06d}"

    def micros(self, row: Row) -> int:
        stated = row[self._at["gxsj"]]
        return int(stated[-6:]) if stated else 0


def _in_batch(step: Step) -> Step:
    if not step.visible or step.visible != step.stated:
        return step
    tick = (step.stated // BATCH + 1) * BATCH
    if tick // DAY != step.stated // DAY:
        return step
    return step._replace(stated=tick, visible=tick)
