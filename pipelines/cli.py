"""The command line, `clearance`: the same code and the same results as the DAGs, without Airflow.

Exit codes: 0 done · 2 wrong usage or unknown subject · 3 configuration · 4 a source did not deliver ·
5 a delivery was refused · 6 the warehouse is being written · 7 a blocking check failed · 8 a check died ·
9 publication · 1 anything else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from pipelines.errors import ClearanceError, UnknownSubject
from pipelines.settings import DEFAULT_CITY_DIR, City, load_city
from pipelines.store import Workspace


@contextmanager
def _spoken_errors() -> Iterator[None]:
    try:
        yield
    except ClearanceError as error:
        errors.print(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


class SpokenGroup(TyperGroup):
    """Turns our errors into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        with _spoken_errors():
            return super().invoke(ctx)


app = typer.Typer(
    cls=SpokenGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="根治欠薪线索归集与清零进度 — joins wage-arrears leads from all channels and publishes the daily clearance table.",
)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@dataclass(frozen=True)
class Session:
    """Where a command works; the workspace is opened when it is needed."""

    workspace_root: Path
    city_directory: Path

    @property
    def city(self) -> City:
        return load_city(self.city_directory)

    def workspace(self, *, create: bool = False) -> Workspace:
        return Workspace.open(self.workspace_root, create=create)


DateOption = Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The business date.")]
Since = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First business date.")]
Until = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last business date.")]


@app.callback()
def _root(
    context: typer.Context,
    workspace: Annotated[Path, typer.Option(help="The workspace's folder.")] = Path("workspace"),
    city: Annotated[Path, typer.Option(help="The city's folder.")] = DEFAULT_CITY_DIR,
) -> None:
    context.obj = Session(workspace, city)


def say(line: str) -> None:
    """One line of progress."""
    console.print(line, markup=False)


@app.command()
def pull(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources; all that have a connection by default.")
    ] = None,
    on: DateOption = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Pull sources into the landing, for one day or for a range of days, one after another."""
    from pipelines import day

    session: Session = context.obj
    workspace = session.workspace(create=True)
    failed = []
    for business_date in _days(on, since, until):
        failed += day.pull(workspace, business_date, sources or (), say=say)
    if failed:
        raise typer.Exit(4)


@app.command("import")
def import_files(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source the files come from.")],
    files: Annotated[
        list[Path], typer.Argument(help="Files handed over by a person; .ok files mark their CSV.")
    ],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day the files stand for.")
    ] = None,
) -> None:
    """Land files that a person handed over. Exits 0 when they landed, rows in quarantine or not."""
    from pipelines import ingest
    from pipelines.contracts import load_sources

    session: Session = context.obj
    contracts = load_sources()
    if source not in contracts:
        raise UnknownSubject(f"there is no source {source}", remedy=f"known sources: {', '.join(contracts)}")
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise UnknownSubject(
            f"{len(missing)} of {len(files)} files are not there",
            where=str(missing[0]),
            remedy="check the file names",
        )
    report = ingest.import_files(
        session.workspace(create=True), contracts[source], files, _date(as_of) if as_of else None, say=say
    )
    say(
        f"{source}: {report.rows} rows in {len(report.deliveries)} new deliveries, "
        f"{len(report.already_landed)} landed already"
    )


@app.command()
def publish(context: typer.Context, on: DateOption = None) -> None:
    """Build, check and publish the table of a business date from what has landed."""
    from pipelines import day

    session: Session = context.obj
    report = day.publish(session.workspace(), session.city, _one_day(on), say=say)
    say(f"published: {report.folder}")


@app.command()
def build(context: typer.Context, on: DateOption = None) -> None:
    """Make and check the tables of a business date in the warehouse without publishing them."""
    from pipelines import day

    session: Session = context.obj
    for result in day.try_out(session.workspace(), session.city, _one_day(on), say=say):
        if result.status != "passed":
            say(f"{result.status}: {result.check_name} ({result.subject}) {result.description}")


@app.command()
def run(context: typer.Context, on: DateOption = None, since: Since = None, until: Until = None) -> None:
    """Pull, build, check and publish one day or a range of days. Exits 0 when every day is published."""
    from pipelines import day

    session: Session = context.obj
    workspace = session.workspace(create=True)
    for business_date in _days(on, since, until):
        report = day.run(workspace, session.city, business_date, say=say)
        say(f"{business_date}: {report.publication_id} in {report.folder}")


@app.command()
def show(context: typer.Context, on: DateOption = None) -> None:
    """Print the clearance table of a published day (the latest by default)."""
    from pipelines.publish.terminal import show_day

    session: Session = context.obj
    show_day(session.workspace().published, _date(on) if on else None, console)


@app.command()
def explain(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="A ticket ('hotline:GD…') or a lead ('L…').")],
) -> None:
    """Say how a lead came to be: its tickets, why they are one, its clocks, where its values come from."""
    from pipelines.publish.terminal import explain_subject

    session: Session = context.obj
    explain_subject(session.workspace().published, subject, console)


@app.command()
def rebuild(context: typer.Context) -> None:
    """Throw the warehouse away and make the same content again from landing and registry."""
    from pipelines import day

    session: Session = context.obj
    workspace = session.workspace()
    with workspace.lock():
        workspace.warehouse_file.unlink(missing_ok=True)
        workspace.warehouse_file.with_name(workspace.warehouse_file.name + ".wal").unlink(missing_ok=True)
    agreement = day.refresh(workspace, session.city, say=say)
    for table, is_same in sorted(agreement.items()):
        say(f"{'same' if is_same else 'DIFFERENT'}  {table}")
    if not all(agreement.values()):
        raise typer.Exit(9)


@app.command()
def waive(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source that did not deliver.")],
    on: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD")],
    by: Annotated[str, typer.Option("--by", help="Who decides.")],
    why: Annotated[str, typer.Option("--why", help="The reason.")],
) -> None:
    """Record that a person let a day pass without a source."""
    from pipelines import registry
    from pipelines.contracts import load_sources

    session: Session = context.obj
    if source not in load_sources():
        raise UnknownSubject(
            f"there is no source {source}", remedy=f"known sources: {', '.join(load_sources())}"
        )
    number = registry.append_decision(
        session.workspace(),
        "waivers",
        {"source": source, "business_date": _date(on), "waived_by": by, "why": why, "waived_at": _now()},
    )
    say(f"waiver {number}: {source} on {on}")


review = typer.Typer(
    no_args_is_help=True, help="A person's verdicts on pairs of tickets; each can be undone."
)
app.add_typer(review, name="review")


@review.command("list")
def review_list(context: typer.Context) -> None:
    """Pairs that a rule would join and a constraint kept apart, and the verdicts that stand."""
    from pipelines.publish.terminal import show_review

    session: Session = context.obj
    show_review(session.workspace(), console)


@review.command("decide")
def review_decide(
    context: typer.Context,
    ticket_a: str,
    ticket_b: str,
    verdict: Annotated[str, typer.Argument(help="same or different")],
    by: Annotated[str, typer.Option("--by")],
    why: Annotated[str, typer.Option("--why")],
) -> None:
    """Record a verdict on a pair of tickets: same or different. It takes effect with the next publication."""
    from pipelines import registry

    session: Session = context.obj
    if verdict not in ("same", "different"):
        raise UnknownSubject(f"a verdict is 'same' or 'different', not {verdict!r}")
    first, second = sorted((ticket_a, ticket_b))
    if first == second:
        raise UnknownSubject("a verdict is on two different tickets")
    number = registry.append_decision(
        session.workspace(),
        "judgements",
        {
            "ticket_a": first,
            "ticket_b": second,
            "verdict": verdict,
            "judged_by": by,
            "why": why,
            "judged_at": _now(),
        },
    )
    say(f"judgement {number}: {first} and {second} are {verdict}")


@review.command("undo")
def review_undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The judgement's number.")],
    by: Annotated[str, typer.Option("--by")],
    why: Annotated[str, typer.Option("--why")],
) -> None:
    """Undo a judgement by a new row; nothing is deleted."""
    from pipelines import registry

    session: Session = context.obj
    workspace = session.workspace()
    if not (workspace.registry / "judgements" / f"{number:06d}.parquet").is_file():
        raise UnknownSubject(
            f"there is no judgement {number}", remedy="clearance review list shows their numbers"
        )
    undone = registry.append_decision(
        workspace,
        "judgements",
        {"verdict": "undo", "judged_by": by, "why": why, "judged_at": _now(), "undoes": number},
    )
    say(f"judgement {undone} undoes {number}")


quarantine = typer.Typer(no_args_is_help=True, help="Rows that the table does not hold yet.")
app.add_typer(quarantine, name="quarantine")


@quarantine.command("list")
def quarantine_list(context: typer.Context) -> None:
    """Rows in quarantine by source and reason, with the numbers of the tickets."""
    from pipelines.publish.terminal import show_quarantine

    session: Session = context.obj
    show_quarantine(session.workspace().published, console)


@quarantine.command("replay")
def quarantine_replay(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source whose rows are judged again.")],
    by: Annotated[str, typer.Option("--by")],
    why: Annotated[str, typer.Option("--why", help="What was mended: a rule, a code list, an alias.")],
) -> None:
    """Judge a source's rows again after a rule or code list was mended; a replay is a row of the registry."""
    from pipelines import day

    session: Session = context.obj
    before, after = day.replay(session.workspace(), session.city, source, by=by, why=why, say=say)
    say(f"{source}: {before} rows in quarantine before, {after} after")


@app.command()
def bench(tickets: Annotated[int, typer.Option(help="Size of the invented city.")] = 27226) -> None:
    """Measure reading, publishing and rebuilding on an invented city, beside baselines in the same run."""
    from importlib import import_module

    try:
        benchmark = import_module("examples.bench")
    except ModuleNotFoundError as error:
        raise UnknownSubject(
            f"the benchmark needs {error.name}", remedy="run it in the project's own folder, after make"
        ) from None
    raise typer.Exit(benchmark.main(["--tickets", str(tickets)]))


@app.command()
def doctor(context: typer.Context) -> None:
    """Look at workspace, connections, calendar and landing, and say what is wrong and what to do."""
    from pipelines.doctor import examine

    session: Session = context.obj
    findings = examine(session.workspace_root, session.city_directory)
    for finding in findings:
        say(f"{'ok   ' if finding.is_good else 'WRONG'} {finding.subject}: {finding.text}")
        if finding.remedy:
            say(f"      to do: {finding.remedy}")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(3)


def _days(on: str | None, since: str | None, until: str | None) -> Iterator[date]:
    if on and (since or until):
        raise UnknownSubject("give either --date, or --from and --to")
    if on:
        yield _date(on)
        return
    if not since or not until:
        raise UnknownSubject("which day? give --date, or --from and --to")
    first, last = _date(since), _date(until)
    if last < first:
        raise UnknownSubject(f"--to {last} lies before --from {first}")
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _one_day(on: str | None) -> date:
    return next(_days(on, None, None))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnknownSubject(f"{text!r} is not a date", remedy="write it as 2023-08-31") from None


def _now() -> object:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pipelines.settings import TIME_ZONE

    return datetime.now(ZoneInfo(TIME_ZONE)).replace(tzinfo=None)


def main() -> None:
    """Entry point of the installed command."""
    app()
