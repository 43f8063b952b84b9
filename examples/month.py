"""A month in which every source fails in its own ways, beside the same month undisturbed.

The simulated city runs day by day. The disturbed workspace is pulled through every fault of `Fault`, at the rates
below, and publishes each day at its cut-off with what has come; the undisturbed one pulls the same days from the same
city without faults. At the end both must hold the same: `Month.verdict` counts what differs.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from unittest.mock import patch

import duckdb

from examples.upstream.model import City as SimulatedCity
from examples.upstream.model import CityParameters, build_city
from examples.upstream.servers import Fault, Faults, Upstream
from pipelines import day, ingest
from pipelines.contracts import load_sources
from pipelines.errors import ClearanceError, SourceNotReady
from pipelines.ingest import database, rest, sftp
from pipelines.settings import connection_from_environment, load_city
from pipelines.store import Workspace, open_published

LAST_DAY = date(2023, 8, 31)
TRIES = 3
# What the city would wait for a minute is waited for two seconds: the month has hundreds of faults.
SHORT_SECONDS = 2.0
# One request in twenty, one file in a dozen, one day in six.
OF_A_REQUEST, OF_A_FILE, OF_A_DAY = 0.05, 0.08, 0.16
RATES: dict[Fault, float] = {
    **dict.fromkeys(
        (
            Fault.HTTP_401_ONCE, Fault.NONCE_REPEATED, Fault.HTTP_429, Fault.HTTP_5XX, Fault.ERROR_UNDER_200,
            Fault.CUT_CONNECTION, Fault.HALF_BODY, Fault.SLOW,
        ),
        OF_A_REQUEST,
    ),
    **dict.fromkeys(
        (
            Fault.MARKER_MISSING, Fault.MARKER_WRONG_HASH, Fault.MARKER_WRONG_COUNT, Fault.REPLACED_AFTER_READ,
            Fault.APPEARS_LATE, Fault.APPEARS_TWICE, Fault.RENAMED, Fault.HALF_WRITTEN,
            Fault.COLUMN_RENAMED, Fault.LATE_COMMIT, Fault.VERY_LATE_COMMIT, Fault.SFTP_HANG, Fault.SFTP_CUT,
        ),
        OF_A_FILE,
    ),
    # Only some days are GB18030, and few answers are the first of a window.
    Fault.OTHER_ENCODING: 0.3,
    Fault.TOTAL_WRONG: 0.15,
    **dict.fromkeys(
        (
            Fault.ROWS_SHIFT, Fault.PAGE_SMALLER, Fault.CLOCK_SKEW, Fault.UNAUTHORIZED, Fault.NATIONAL_DOWN,
            Fault.RESTART_IN_READ, Fault.COLUMN_DROPPED, Fault.COLUMN_RETYPED, Fault.PERMISSION_DENIED,
            Fault.REGIONAL_DOWN, Fault.SYMLINK, Fault.PATH_IN_NAME, Fault.SFTP_DOWN,
        ),
        OF_A_DAY,
    ),
}  # fmt: skip
NAMED_AS_MISSING = "select source from sources where not is_delivered or pull_problem is not null"
Say = Callable[[str], None]


@dataclass
class Month:
    """What came of the month. Counts of tickets, versions and cells; `late` names source days by kind of error."""

    days: int
    published: int = 0
    missing_days: int = 0
    quiet_days: int = 0
    unnamed: list[str] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    tickets: int = 0
    lost: int = 0
    invented: int = 0
    changed: int = 0
    versions_unseen: int = 0
    leads_differ: int = 0
    cells: int = 0
    cells_differ: int = 0
    quarantine: tuple[int, int] = (0, 0)

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost or invented, every day published, and every missing source named."""
        return (
            not (
                self.lost
                or self.invented
                or self.changed
                or self.leads_differ
                or self.cells_differ
                or self.unnamed
            )
            and self.published == self.days
        )


def run_month(tickets: int = 2000, days: int = 30, seed: int = 20230831, *, say: Say = print) -> Month:
    """Run both months and compare them."""
    simulated = build_city(CityParameters(tickets=tickets, seed=seed))
    dates = [LAST_DAY - timedelta(days=days - 1 - number) for number in range(days)]
    month = Month(days)
    city = load_city()
    with tempfile.TemporaryDirectory(prefix="month") as name, patch.object(sftp, "STEP_SECONDS", SHORT_SECONDS), \
            patch.object(rest, "FIRST_PAUSE_SECONDS", 0.05), \
            patch.object(database, "FIRST_PAUSE_SECONDS", 0.05):  # fmt: skip
        calm = Workspace.open(Path(name) / "undisturbed")
        with _upstream(simulated, Path(name) / "calm", Faults(seed, {})) as upstream:
            for business_date in dates:
                upstream.advance(_end_of(business_date))
                month.quiet_days += bool(_pull_all(calm, upstream, business_date, Counter()))
        day.publish(calm, city, dates[-1])
        say(f"undisturbed: {days} days pulled")
        rough = Workspace.open(Path(name) / "disturbed")
        faults = Faults(seed, {str(fault): rate for fault, rate in RATES.items()}, calm_from=dates[-1])
        with _upstream(simulated, Path(name) / "rough", faults) as upstream:
            for business_date in dates:
                upstream.advance(_end_of(business_date))
                missing = _pull_all(rough, upstream, business_date, month.errors)
                report = day.publish(rough, city, business_date)
                _look_at_the_day(month, report.folder, business_date, missing)
                say(
                    f"{business_date}: published"
                    + (f", without {', '.join(sorted(missing))}" if missing else "")
                )
            month.faults = upstream.faults_met()
        _compare(month, _folder(calm, dates[-1]), _folder(rough, dates[-1]))
    return month


@contextmanager
def _upstream(city: SimulatedCity, folder: Path, faults: Faults) -> Iterator[Upstream]:
    with Upstream(city, folder, faults=faults) as upstream:
        yield upstream


def _pull_all(
    workspace: Workspace, upstream: Upstream, business_date: date, errors: Counter[str]
) -> set[str]:
    """Pull every source, again where that may help. Returns the sources that did not deliver for the day."""
    connections = upstream.connections()
    missing = set()
    for source, contract in load_sources().items():
        connection = connection_from_environment(contract.connection, connections)
        assert connection is not None
        for attempt in range(TRIES):
            try:
                ingest.pull(workspace, contract, connection, business_date)
                break
            except ClearanceError as error:
                errors[f"{source}: {type(error).__name__}"] += 1
                if not error.is_retryable or isinstance(error, SourceNotReady) or attempt == TRIES - 1:
                    missing.add(source)
                    break
    return missing


def _look_at_the_day(month: Month, folder: Path, business_date: date, missing: set[str]) -> None:
    """The day's table must name every source that did not deliver."""
    month.published += 1
    month.missing_days += bool(missing)
    with open_published(folder / "clearance.duckdb") as published:
        named = {
            row[0]
            for row in published.execute(
                "select source from sources where not is_delivered or pull_problem is not null"
            ).fetchall()
        }
    month.unnamed += [f"{business_date} {source}" for source in sorted(missing - named)]


def _compare(month: Month, calm: Path, rough: Path) -> None:
    """Tickets, states and the restated ledger of both months. Delivery ids and rows of files are provenance."""
    with duckdb.connect() as connection:
        for name, folder in (("calm", calm), ("rough", rough)):
            connection.execute(f"attach '{folder / 'clearance.duckdb'}' as {name} (read_only)")

        def number(query: str) -> int:
            return int(connection.execute(query).fetchall()[0][0])

        provenance = "exclude (delivery_id, row_no, lead_id, incident_id, person_key)"
        month.tickets = number("select count(*) from calm.tickets")
        month.lost = number("select count(*) from calm.tickets anti join rough.tickets using (ticket_id)")
        month.invented = number("select count(*) from rough.tickets anti join calm.tickets using (ticket_id)")
        month.changed = number(
            f"select count(*) from (select * {provenance} from calm.tickets except select * {provenance} from rough.tickets)"
        )
        month.versions_unseen = number(
            "select count(*) from (select ticket_id, event, occurred_at from calm.ticket_events "
            "except select ticket_id, event, occurred_at from rough.ticket_events)"
        )
        month.cells = number("select count(*) from calm.clearance_restated")
        # Whether a channel's source had delivered by the day is the one thing that should differ.
        month.cells_differ = number(
            "select count(*) from (select * exclude (is_delivered) from calm.clearance_restated "
            "except select * exclude (is_delivered) from rough.clearance_restated)"
        )
        partition = "select ticket_id, min(ticket_id) over (partition by lead_id) from"
        month.leads_differ = number(
            f"select count(*) from ({partition} calm.tickets except {partition} rough.tickets)"
        )
        month.quarantine = (
            number("select count(*) from calm.quarantine where not is_resolved"),
            number("select count(*) from rough.quarantine where not is_resolved"),
        )


def _end_of(business_date: date) -> datetime:
    return datetime.combine(business_date + timedelta(days=1), time())


def _folder(workspace: Workspace, business_date: date) -> Path:
    return workspace.published / business_date.isoformat() / "r01"
