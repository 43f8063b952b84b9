"""What every command shares: the workspace and city it works on, how it speaks, how days are given."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from pipelines.errors import UnknownSubject
from pipelines.harmless import visible
from pipelines.settings import DEFAULT_CITY_DIR, TIME_ZONE, City, load_city
from pipelines.store import Workspace

console = Console(highlight=False, soft_wrap=True)
DEFAULT_WORKSPACE = Path("workspace")
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@dataclass(frozen=True)
class Session:
    """Where a command works; the workspace is opened when it is needed."""

    workspace_root: Path
    city_directory: Path

    @property
    def options(self) -> str:
        """The options that a command needs to work in the same place, as they are typed; "" for the default place."""
        given = [
            ("--workspace", self.workspace_root, DEFAULT_WORKSPACE),
            ("--city", self.city_directory, DEFAULT_CITY_DIR),
        ]
        return "".join(f" {name} {shlex.quote(str(path))}" for name, path, usual in given if path != usual)

    @property
    def city(self) -> City:
        return load_city(self.city_directory)

    def workspace(self, *, create: bool = False) -> Workspace:
        return Workspace.open(self.workspace_root, create=create)


DateOption = Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The business date.")]
Since = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First business date.")]
Until = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last business date.")]


def said(text: str) -> str:
    """A decision without a decider, or without a reason, is none."""
    if not text.strip():
        raise UnknownSubject(
            "a decision needs who decides and why", remedy="say it with --by NAME --why TEXT"
        )
    return text.strip()


By = Annotated[str, typer.Option("--by", help="Who decides.", callback=said)]
Why = Annotated[str, typer.Option("--why", help="The reason.", callback=said)]


def say(line: str) -> None:
    """One line of progress."""
    console.print(visible(line), markup=False)


def days_of(on: str | None, since: str | None, until: str | None) -> Iterator[date]:
    """The days that --date, or --from and --to, name. Raises UnknownSubject."""
    if on and (since or until):
        raise UnknownSubject("give either --date, or --from and --to")
    if on:
        yield parse_date(on)
        return
    if not since or not until:
        raise UnknownSubject("which day? give --date, or --from and --to")
    first, last = parse_date(since), parse_date(until)
    if last < first:
        raise UnknownSubject(f"--to {last} lies before --from {first}")
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def one_day(on: str | None) -> date:
    """The day that --date names."""
    return next(days_of(on, None, None))


def parse_date(text: str) -> date:
    """A date written 2023-08-31. Raises UnknownSubject."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnknownSubject(f"{text!r} is not a date", remedy="write it as 2023-08-31") from None


def parse_past_date(text: str) -> date:
    """A date written 2023-08-31 that is not later than today. Raises UnknownSubject."""
    day = parse_date(text)
    if day > now().date():
        raise UnknownSubject(f"{day} has not come yet", remedy="give a day up to today")
    return day


def now() -> datetime:
    """Beijing time now, without a zone: when a person decided."""
    return datetime.now(ZoneInfo(TIME_ZONE)).replace(tzinfo=None)
