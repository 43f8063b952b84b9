"""Run the demonstration: `python -m examples.demo [--keep-running]`.

Three days of the simulated city go through Airflow into a workspace; days that are published already are left as
they are. With --keep-running Airflow and the source systems stay until Ctrl-C. Leaves no process behind, however it
ends.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from examples.airflow_stack import USER, AirflowStack, StackFailed, is_free
from examples.demo.run import (
    DAYS,
    DemoRefused,
    Say,
    claim_workspace,
    only_one,
    pending_days,
    run_day,
    start_both,
)
from pipelines.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from examples.upstream.model import City

BUILD = PROJECT_ROOT / "build"
# The day after the last simulated one: nothing is scheduled for the real yesterday.
END_DATE = "2023-09-01"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration. Returns the exit code."""
    given = _parser().parse_args(arguments)
    console = Console(soft_wrap=True, highlight=False)
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {line}", markup=False)

    for number in SIGNALS:
        signal.signal(number, _end)
    try:
        with only_one(given.build):
            _run(given, console, say)
    except (StackFailed, DemoRefused) as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(
            f"the demonstration ended: {error}"
        )
        return 1
    return 0


def _run(given: argparse.Namespace, console: Console, say: Say) -> None:
    workspace = given.workspace.resolve()
    claim_workspace(workspace)
    pending = pending_days(workspace)
    published = [day.isoformat() for day in DAYS if day not in pending]
    if published:
        say(f"published already and left as they are: {', '.join(published)}")
    with ExitStack() as running:
        try:
            _show_days(given, workspace, pending, running, console, say)
        finally:
            _undisturbed()


def _show_days(
    given: argparse.Namespace,
    workspace: Path,
    pending: Sequence[date],
    running: ExitStack,
    console: Console,
    say: Say,
) -> None:
    stack = None
    if pending or given.keep_running:
        settings = {"CLEARANCE_WORKSPACE": str(workspace), "CLEARANCE_END_DATE": END_DATE}
        port = given.port if given.keep_running and is_free(given.port) else None
        stack = running.enter_context(AirflowStack(given.build / "airflow", settings, port=port))
        stack.prepare()
    city = _city(given)
    if stack is not None:
        from examples.upstream.servers import Upstream

        upstream = running.enter_context(Upstream(city, given.build / "upstream"))
        start_both(upstream, stack, pending[0] if pending else DAYS[-1], say)
        for day in pending:
            run_day(upstream, stack, day, say)
    from examples.demo.summary import show

    show(workspace / "published", DAYS[-1], city, console)
    if stack is not None and given.keep_running:
        console.print(f"\nAirflow: {stack.url}  user {USER}, password in {stack.password_file}", markup=False)
        console.print("Ctrl-C ends it.")
        signal.pause()


def _city(given: argparse.Namespace) -> City:
    from examples.upstream.model import CityParameters, build_city

    own = {"seed": given.seed, "tickets": given.tickets}
    return build_city(CityParameters(**{name: value for name, value in own.items() if value is not None}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--workspace", type=Path, default=Path("workspace"), help="what the demonstration fills"
    )
    parser.add_argument("--build", type=Path, default=BUILD, help="where Airflow's logs and the outboxes go")
    parser.add_argument(
        "--keep-running", action="store_true", help="keep Airflow and the source systems running"
    )
    parser.add_argument("--port", type=int, default=8080, help="Airflow's port with --keep-running")
    parser.add_argument("--tickets", type=int, help="how many tickets the city has")
    parser.add_argument("--seed", type=int, help="another city of the same shape")
    return parser


def _end(number: int, frame: FrameType | None) -> None:
    """A signal ends the demonstration the way an error does: everything is stopped in order."""
    raise SystemExit(128 + number)


def _undisturbed() -> None:
    """While things are being stopped, a second signal does not interrupt it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
