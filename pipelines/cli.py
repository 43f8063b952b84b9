"""The command line, `clearance`: the same code and the same results as the DAGs, without Airflow.

Exit codes: 0 done · 2 wrong usage or unknown subject · 3 configuration · 4 a source did not deliver ·
5 a delivery was refused · 6 the warehouse is being written · 7 a blocking check failed · 8 a check died ·
9 publication · 10 nothing could be compared (reconcile) · 1 anything else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipelines.commands import calendar, drift, quarantine, reconcile, refusals, review
from pipelines.commands.context import (
    DEFAULT_WORKSPACE,
    DateOption,
    Session,
    Since,
    Until,
    console,
    days_of,
    errors,
    now,
    one_day,
    parse_date,
    parse_past_date,
    say,
)
from pipelines.errors import ClearanceError, SourceError, UnknownSubject
from pipelines.harmless import visible
from pipelines.settings import DEFAULT_CITY_DIR
from pipelines.store import Workspace


@contextmanager
def _spoken_errors() -> Iterator[None]:
    try:
        yield
    except ClearanceError as error:
        errors.print(visible(str(error)))
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


@app.callback()
def _root(
    context: typer.Context,
    workspace: Annotated[Path, typer.Option(help="The workspace's folder.")] = DEFAULT_WORKSPACE,
    city: Annotated[Path, typer.Option(help="The city's folder.")] = DEFAULT_CITY_DIR,
) -> None:
    context.obj = Session(workspace, city)


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
    for business_date in days_of(on, since, until):
        failed += day.pull(workspace, business_date, sources or (), say=say)
    if failed:
        raise typer.Exit(
            4 if any(isinstance(error, SourceError) for error in failed) else failed[0].exit_code
        )


@app.command("import")
def import_files(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source the files come from.")],
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files, folders, quoted patterns ('dir/*.csv') or zip archives; .ok files mark their CSV."
        ),
    ],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day the files stand for.")
    ] = None,
) -> None:
    """Land files that a person handed over. Exits 0 when they landed, rows in quarantine or not."""
    from pipelines import ingest
    from pipelines.contracts import load_sources
    from pipelines.ingest.archives import is_there

    session: Session = context.obj
    contracts = load_sources()
    if source not in contracts:
        raise UnknownSubject(f"there is no source {source}", remedy=f"known sources: {', '.join(contracts)}")
    missing = [path for path in files if not is_there(path)]
    if missing:
        raise UnknownSubject(
            f"{len(missing)} of {len(files)} files are not there",
            where=str(missing[0]),
            remedy="check the file names",
        )
    report = ingest.import_files(
        session.workspace(create=True),
        contracts[source],
        files,
        parse_past_date(as_of) if as_of else None,
        say=say,
        today=now().date(),
    )
    say(
        f"{source}: {report.rows} rows in {len(report.deliveries)} new deliveries, "
        f"{len(report.already_landed)} landed already"
    )


@app.command()
def publish(
    context: typer.Context,
    on: DateOption = None,
    since: Since = None,
    until: Until = None,
    recorded_in: Annotated[
        Path | None,
        typer.Option(
            "--recorded-in",
            metavar="WORKSPACE",
            help="Replay: each day knows the deliveries that its publication in that workspace knew, and no others.",
        ),
    ] = None,
) -> None:
    """Build, check and publish the table of a business date, or of a range of days, from what has landed."""
    from pipelines import day, registry

    session: Session = context.obj
    recorded = registry.recorded_deliveries(Workspace.open(recorded_in, create=False)) if recorded_in else {}
    for business_date in days_of(on, since, until):
        if recorded_in and business_date not in recorded:
            raise UnknownSubject(
                f"{business_date} was not published in {recorded_in}",
                remedy=f"recorded days: {', '.join(map(str, sorted(recorded))) or 'none'}",
            )
        report = day.publish(
            session.workspace(), session.city, business_date, say=say, recorded=recorded.get(business_date)
        )
        say(f"published: {report.folder}")


@app.command()
def reissue(context: typer.Context, on: DateOption = None) -> None:
    """Publish a past day again, restated with all that is known now; the book and the revisions before stay."""
    from pipelines.reissue import reissue as restate

    session: Session = context.obj
    report = restate(session.workspace(), session.city, one_day(on), say=say)
    say(f"published: {report.folder}")


@app.command()
def build(context: typer.Context, on: DateOption = None) -> None:
    """Make and check the tables of a business date in the warehouse without publishing them."""
    from pipelines import day

    session: Session = context.obj
    for result in day.try_out(session.workspace(), session.city, one_day(on), say=say):
        if result.status != "passed":
            say(f"{result.status}: {result.check_name} ({result.subject}) {result.description}")


@app.command()
def run(context: typer.Context, on: DateOption = None, since: Since = None, until: Until = None) -> None:
    """Pull, build, check and publish one day or a range of days. Exits 0 when every day is published."""
    from pipelines import day

    session: Session = context.obj
    workspace = session.workspace(create=True)
    for business_date in days_of(on, since, until):
        report = day.run(workspace, session.city, business_date, say=say)
        say(f"{business_date}: {report.publication_id} in {report.folder}")


@app.command()
def show(
    context: typer.Context,
    on: DateOption = None,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="As it was first published; later knowledge left out.")
    ] = False,
    as_known: Annotated[
        bool, typer.Option("--as-known", help="By all that is known now, with every entry that differs.")
    ] = False,
) -> None:
    """Print the clearance table of a published day (the latest by default)."""
    from pipelines.publish.known_when import show_as_known, show_as_published
    from pipelines.publish.terminal import show_day

    session: Session = context.obj
    published = session.workspace().published
    if not (as_published or as_known):
        show_day(published, parse_date(on) if on else None, console)
        return
    if as_published and as_known:
        raise UnknownSubject("give either --as-published or --as-known")
    show_past = show_as_published if as_published else show_as_known
    show_past(published, one_day(on), console)


@app.command()
def explain(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="A ticket ('hotline:GD…') or a lead ('L…').")],
    other: Annotated[
        str | None,
        typer.Argument(metavar="[TICKET]", help="Another ticket: why the two are one lead or not."),
    ] = None,
) -> None:
    """Say how a lead came to be: its tickets, why they are one, its clocks, where its values come from.

    Published columns only: no personal data.
    """
    from pipelines.publish.explain import explain_subject

    session: Session = context.obj
    if other is None:
        explain_subject(session.workspace().published, subject, console)
    else:
        review.show_masked_pair(session, subject, other)


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


app.command()(review.waive)
app.command()(reconcile.reconcile)
app.command()(drift.drift)
app.command()(calendar.calendar)
app.add_typer(review.review, name="review")
app.add_typer(quarantine.quarantine, name="quarantine")
app.add_typer(refusals.refusals, name="refusals")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def bench(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            help="'day': a city's days; 'sources': a month of faults, reading; 'resolve': which tickets are one lead."
        ),
    ] = "day",
) -> None:
    """Measure on an invented city, beside baselines. The options: `bench day --help`, `bench sources --help`,
    `bench resolve --help`.
    """
    from importlib import import_module

    # (Options are the benchmark's own, --help too: only what stands before its name is ours.)
    arguments = context.args
    if what in ("--help", "-h"):
        console.print(context.get_help())
        raise typer.Exit
    if what.startswith("-"):
        what, arguments = "day", [what, *arguments]
    modules = {
        "day": "examples.bench",
        "sources": "examples.bench_sources",
        "resolve": "examples.bench_resolve",
    }
    if what not in modules:
        raise UnknownSubject(f"there is no benchmark {what!r}", remedy=f"one of {', '.join(modules)}")
    try:
        benchmark = import_module(modules[what])
    except ModuleNotFoundError as error:
        raise UnknownSubject(
            f"the benchmark needs {error.name}", remedy="run it in the project's own folder, after make"
        ) from None
    raise typer.Exit(benchmark.main(arguments))


@app.command()
def doctor(
    context: typer.Context,
    probe: Annotated[
        bool, typer.Option("--probe", help="Try each connection too, with short time limits; no row is read.")
    ] = False,
) -> None:
    """Look at workspace, sources, calendar and publications, and say what is wrong and what to do."""
    from pipelines.doctor import examine

    session: Session = context.obj
    findings = examine(session.workspace_root, session.city_directory, is_probing=probe)
    for finding in findings:
        for line in finding.lines(f"clearance{session.options}"):
            say(line)
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(3)


def main() -> None:
    """Entry point of the installed command."""
    app()
