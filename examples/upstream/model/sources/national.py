"""The national clue platform's rows."""

from __future__ import annotations

from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.sources.base import DIVISION_NAMES, Row, Writer
from examples.upstream.model.telling import Telling
from examples.upstream.model.times import moment_text

CONCLUSIONS = {
    "paid": "1", "court": "2", "police": "3", "paid_by_agreement": "4", "arbitration": "5", "unfounded": "6",
}  # fmt: skip
# The platform knows ten conclusions, six of them publicly.
UNKNOWN_CONCLUSIONS = ("7", "8", "9", "10")
STATUS = {
    "received": "10", "accepted": "20", "review": "30", "closed": "40", "returned": "90", "reopened": "20",
}  # fmt: skip


def yuan_text(fen: int) -> str:
    """Yuan as a JSON number."""
    return str(fen // 100) if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02d}"


def wan_text(fen: int) -> str:
    """万元 with up to six decimals, exact to the fen."""
    whole, rest = divmod(fen, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".") if rest else str(whole)


def month_text(month: int) -> str:
    """'2023-05'."""
    return f"{month // 12}-{month % 12 + 1:02d}"


class NationalWriter(Writer):
    """Clues: JSON rows, `arrearsMoney` in yuan and `solvedMoney` in 万元."""

    source = "national"
    columns = (
        "clueCode", "clueSource", "registerTime", "updateTime", "reporterName", "reporterPhone", "reporterIdCard",
        "industryField", "projectName", "employerName", "employerUscc", "regionCode", "address", "buildUnit",
        "generalContractor", "subContractor", "isGovProject", "arrearsPersons", "arrearsMoney", "arrearsFrom",
        "arrearsTo", "summary", "onceReported", "onceReportedNote", "status", "acceptTime", "conclusion",
        "solvedPersons", "solvedMoney", "finishTime", "handlerOrg",
    )  # fmt: skip
    number_column, received_column, closed_column = "clueCode", "registerTime", "finishTime"
    division_column = "regionCode"

    def opening(self, ticket: Ticket, telling: Telling) -> Row:
        luck, lead = self._luck, ticket.lead
        incident = lead.incident
        division = ticket.steps[0].division
        is_construction = incident.employer.is_construction
        once, note = "0", ""
        if ticket.quoted:
            once = "1" if ticket.quoted.startswith("GD") else "2" if ticket.quoted[0] == "6" else "3"
            note = self._teller.quoting(ticket.quoted)
        elif luck.random() < 0.06:
            once, note = (
                ("1", "打过12345，记不清工单号") if luck.random() < 0.5 else ("1,3", "都反映过没人管")
            )
        project = incident.project
        is_known = is_construction and luck.random() < 0.5
        return [
            ticket.no, self._teller.phrase("sources_national"), moment_text(ticket.received), None,
            telling.name or "匿名", telling.phone, telling.id_number,
            "1" if is_construction else "2", telling.project if is_construction or luck.random() < 0.2 else "",
            telling.employer, telling.employer_code, division,
            f"宁夏银川市{DIVISION_NAMES[division] if division != '640100' else ''}{project.place}",
            self._teller.one(self._words.projects["authorities"]) if is_known and project.is_public else "",
            incident.employer.name if is_known else "", "",
            "1" if project.is_public else "0", str(lead.persons), yuan_text(telling.claimed_fen),
            month_text(telling.first_month), month_text(telling.last_month), telling.text[:500], once, note,
            "10", None, "", None, None, None, self.handler(division),
        ]  # fmt: skip

    def change(self, row: Row, step: Step, ticket: Ticket, telling: Telling) -> None:
        at, kind = self._at, step.kind
        row[at["status"]] = STATUS.get(kind, row[at["status"]])
        if kind == "accepted":
            row[at["acceptTime"]] = moment_text(step.occurred)
        elif kind == "closed":
            row[at["finishTime"]] = moment_text(step.occurred)
            outcome = ticket.lead.outcome
            row[at["conclusion"]] = CONCLUSIONS.get(
                outcome, UNKNOWN_CONCLUSIONS[int(self._luck.random() * 4)]
            )
            row[at["solvedPersons"]] = str(ticket.amount_persons)
            row[at["solvedMoney"]] = wan_text(ticket.amount_fen)
        elif kind == "reopened":
            for name in ("finishTime", "solvedPersons", "solvedMoney"):
                row[at[name]] = None
            row[at["conclusion"]] = ""
        elif kind == "transferred":
            row[at["regionCode"]] = step.division
            row[at["handlerOrg"]] = self.handler(step.division)
        elif kind in ("mistaken", "corrected"):
            factor = 10 if kind == "mistaken" else 1
            row[at["arrearsMoney"]] = yuan_text(telling.claimed_fen * factor)

    def stamp(self, row: Row, second: int) -> None:
        row[self._at["updateTime"]] = moment_text(second)
