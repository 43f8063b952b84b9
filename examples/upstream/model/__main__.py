"""Look at a city: `python -m examples.upstream.model --summary [--tickets N --seed N --noise LEVEL …]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import date

import pandas as pd

from examples.upstream.model import City, CityParameters, build_city


def summary(city: City) -> Iterator[str]:
    """What a person wants to know of a city, line by line."""
    truth = city.truth
    tickets = truth.tickets
    ours = tickets[tickets["is_readable"] & tickets["is_in_scope"]]
    end = pd.Timestamp(city.parameters.last_day) + pd.Timedelta(days=1)
    yield f"An invented city, {city.parameters.first_day} to {city.parameters.last_day}: nobody in it exists."
    yield f"tickets in scope and readable  {len(ours):>9,}"
    for channel, count in ours["channel"].value_counts().items():
        yield f"  {channel:<28} {count:>9,}"
    beyond = tickets[~tickets.index.isin(ours.index)]
    yield f"out of scope                   {(~beyond['is_in_scope']).sum():>9,}"
    yield f"versions that cannot be read   {len(truth.quarantine):>9,}"
    for reason, count in truth.quarantine["reason"].value_counts().items():
        yield f"  {reason:<28} {count:>9,}"
    versions = sum(len(frame) for frame in city.changes.values())
    yield f"versions                       {versions:>9,}  ({versions / len(tickets):.2f} a ticket)"
    is_open = ours["state"] == "open"
    yield f"open at the end                {is_open.sum():>9,}  ({is_open.mean():.1%})"
    yield f"  past their limit             {(is_open & (ours['due_at'] < end)).sum():>9,}"
    yield f"closed late                    {(ours['closed_at'] > ours['due_at']).sum():>9,}"
    leads = truth.leads[truth.leads["is_countable"]]
    yield f"leads                          {len(leads):>9,}"
    yield f"  workers recovered            {leads['recovered_persons'].sum():>9,}"
    yield f"  recovered, 万元              {leads['recovered_fen'].sum() / 1_000_000:>12,.6f}"
    yield f"  plain sum over tickets, 万元 {ours['amount_fen'].sum() / 1_000_000:>12,.6f}  (not a result)"
    sizes = ours.groupby("lead").size()
    yield f"pairs of tickets of one lead   {int((sizes * (sizes - 1) // 2).sum()):>9,}"
    yield "tickets by stratum"
    for stratum, count in ours["stratum"].value_counts().items():
        yield f"  {stratum:<28} {count:>9,}"
    traits = ours["traits"].str.split(",").explode()
    yield "traits"
    for trait, count in traits[traits != ""].value_counts().items():
        yield f"  {trait:<28} {count:>9,}"
    received = ours["received_at"].dt.date.value_counts().sort_index()
    yield f"received a day {received.mean():.0f}; last days " + ", ".join(
        f"{day}: {count}" for day, count in received.tail(3).items()
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the summary. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m examples.upstream.model", description=__doc__)
    parser.add_argument("--summary", action="store_true", help="print figures (the only thing it does)")
    default = CityParameters()
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--tickets", type=int, default=default.tickets)
    parser.add_argument("--noise", choices=("none", "normal", "heavy"), default=default.noise)
    parser.add_argument("--vocabulary", default=default.vocabulary)
    parser.add_argument("--first-day", type=date.fromisoformat, default=default.first_day, dest="first_day")
    parser.add_argument("--last-day", type=date.fromisoformat, default=default.last_day, dest="last_day")
    given = vars(parser.parse_args(arguments))
    given.pop("summary")
    for line in summary(build_city(CityParameters(**given))):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
