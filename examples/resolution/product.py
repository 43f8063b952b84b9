"""One city through the product, as far as leads go: landed files to tickets to leads, with the time of every step.

Run in a process of its own (`python -m examples.resolution.product WORKSPACE ANSWER DAY`), so that the peak of
memory is the product's. It writes into the folder ANSWER: `tickets.parquet` (what the product decided and the columns
it compared), `pairs.parquet` (the pairs it weighed) and `figures.json`. No truth is read here.
"""

from __future__ import annotations

import functools
import importlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import clocks, day, ledger, normalize, registry, resolve
from pipelines.contracts import load_sources
from pipelines.settings import load_city
from pipelines.store import Workspace, quote_literal

# A step, and what is counted to it: functions (the module whose name is replaced, the name) and statements that
# `run_sql` runs ("sql:…"). What is not there is passed over; what a step calls and another names is that other's.
STEPS: dict[str, tuple[str, ...]] = {
    "staging": ("pipelines.normalize:stage",),
    "versions and state": ("pipelines.normalize:fold", "pipelines.normalize:describe_state"),
    "prose": ("pipelines.normalize:read_prose",),
    "features": ("sql:resolve/features",),
    "candidates": ("sql:resolve/blocks", "sql:resolve/candidates"),
    "scoring": ("pipelines.resolve.leads:score", "sql:resolve/likeness"),
    "decision": (
        "sql:resolve/links",
        "pipelines.resolve.leads:group",
        "sql:resolve/matches",
        "sql:resolve/lead_of_ticket",
    ),
    "incidents and repeats": ("pipelines.resolve.incidents:relate", "sql:resolve/repeats"),
}
REST = "the rest"

TICKETS = """
    select s.ticket_id, l.lead_id, i.incident_id, p.role,
           case when p.role = 'claimant' and p.is_id_valid then p.id_number end as claimant_id_number,
           p.name, case when p.is_phone_usable then p.phone end as phone,
           case when p.is_id_valid then p.id_number end as id_number,
           coalesce(s.employer_key, s.employer_code) as employer, s.project_key as project, s.division_code as division,
           cast(s.period_from as varchar) as period, s.claimed_fen,
           case when s.status = 'closed' and s.recovered_fen > 0 then s.recovered_fen end as recovered_fen,
           case when s.status = 'closed' and s.recovered_fen > 0 then s.recovered_persons end as recovered_persons
    from core.ticket_state as s
    join core.lead_of_ticket as l on l.ticket_id = s.ticket_id
    join core.ticket_parties as p on p.ticket_id = s.ticket_id
    left join core.incident_of_lead as i on i.lead_id = l.lead_id
    order by s.received_at, s.ticket_id
"""


class Stopwatch:
    """Seconds by step; a step inside another is taken off the outer one, so the steps add up to the whole."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(STEPS, 0.0)
        self._inner: list[float] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what is done inside to a step."""
        began = time.perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            took = time.perf_counter() - began
            own = took - self._inner.pop()
            if self._inner:
                self._inner[-1] += took
            self.seconds[name] = self.seconds.get(name, 0.0) + own

    def watch(self) -> None:
        """Put the watch around the functions that STEPS names, wherever in the product they are called by name."""
        for step, places in STEPS.items():
            for place in places:
                if not place.startswith("sql:"):
                    module_name, _, name = place.partition(":")
                    try:
                        module = importlib.import_module(module_name)
                    except ModuleNotFoundError:
                        continue
                    if hasattr(module, name):
                        self._replace(getattr(module, name), lambda *_, known=step: known)
        self._replace(importlib.import_module("pipelines.store").run_sql, _step_of_statement)

    def _replace(self, function: Callable[..., Any], step_of: Callable[..., str | None]) -> None:
        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            step = step_of(*arguments)
            if step is None:
                return function(*arguments, **named)
            with self.step(step):
                return function(*arguments, **named)

        for name, module in list(sys.modules.items()):
            if name.startswith("pipelines"):
                for attribute, value in list(vars(module).items()):
                    if value is function:
                        setattr(module, attribute, timed)


def _step_of_statement(_: object, statement: str, *__: object) -> str | None:
    for step, places in STEPS.items():
        if any(place.startswith("sql:") and statement.startswith(place[4:]) for place in places):
            return step
    return None


def answer(workspace: Workspace, folder: Path, business_date: date) -> None:
    """Resolve what has landed and write the answer. Needs an empty warehouse: everything is made once, and timed."""
    city, contracts, watch = load_city(), load_sources(), Stopwatch()
    watch.watch()
    known = day.landed_deliveries(workspace)
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        registry.load(workspace, connection)
        with watch.step(REST):
            normalize.stage(workspace, connection, city, contracts, known)
            normalize.read_prose(connection)
            normalize.fold(connection, [item.delivery_id for item in known])
            normalize.describe_state(connection, business_date, workspace.keys.person)
            resolve.resolve(connection)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        for query, name in (
            (TICKETS, "tickets"),
            ("select a.ticket_a, a.ticket_b, coalesce(m.is_joined, false) as is_joined, "
             "case when a.veto is null and a.is_one_matter then a.weight end as score "
             "from core.alike as a left join (select ticket_a, ticket_b, bool_or(is_joined) as is_joined from core.matches "
             "group by all) as m on m.ticket_a = a.ticket_a and m.ticket_b = a.ticket_b", "pairs"),
        ):  # fmt: skip
            connection.execute(f"copy ({query}) to '{quote_literal(folder / name)}.parquet' (format parquet)")
        recovered = _once_per_lead(connection, city, business_date)
    (folder / "figures.json").write_text(
        json.dumps({"seconds": watch.seconds, "peak_mib": peak, "has_score": True, "recovered": recovered}),
        encoding="utf-8",
    )


def _once_per_lead(connection: Any, city: Any, business_date: date) -> tuple[int, int]:
    """People and fen recovered, once a lead, as the ledger counts them."""
    first = connection.execute("select min(cast(received_at as date)) from core.ticket_state").fetchone()[0]
    clocks.build_calendar(connection, city, first or business_date, business_date)
    clocks.build_clocks(connection, city, business_date)
    ledger.describe_leads(connection)
    persons, fen = connection.execute(
        "select coalesce(sum(recovered_persons), 0), coalesce(sum(recovered_fen), 0) from core.leads"
    ).fetchone()
    return int(persons), int(fen)


def main(arguments: Sequence[str]) -> int:
    """WORKSPACE ANSWER DAY."""
    root, folder, business_date = arguments
    answer(Workspace.open(Path(root), create=False), Path(folder), date.fromisoformat(business_date))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
