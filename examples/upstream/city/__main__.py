"""Print what the invented city amounts to: `python -m examples.upstream.city`."""

from __future__ import annotations

import argparse
import time

from examples.upstream.city import CityParameters, build_city


def main() -> None:
    """Build the city and print its totals."""
    parser = argparse.ArgumentParser(prog="python -m examples.upstream.city")
    parser.add_argument("--tickets", type=int, default=CityParameters.tickets)
    parser.add_argument("--seed", type=int, default=CityParameters.seed)
    given = parser.parse_args()
    started = time.perf_counter()
    city = build_city(CityParameters(seed=given.seed, tickets=given.tickets))
    took = time.perf_counter() - started
    tickets, leads, events = city.truth.tickets, city.truth.leads, city.truth.events
    counted = tickets[tickets["is_readable"] & tickets["is_in_scope"]]
    print(f"invented city, seed {given.seed}, built in {took:.1f} s")
    for channel, count in counted["channel"].value_counts().sort_index().items():
        print(f"  {channel:<12}{count:>8}")
    print(
        f"  {'all':<12}{len(counted):>8}  leads {counted['lead'].nunique()}, incidents {counted['incident'].nunique()}"
    )
    print(f"  quarantine {(~tickets['is_readable']).sum()}, out of scope {(~tickets['is_in_scope']).sum()}")
    versions = sum(len(frame) for frame in city.changes.values())
    print(f"  versions {versions}, {versions / max(1, len(tickets)):.2f} a ticket")
    flows = events.groupby(["ticket_id", "flow"]).size().unstack(fill_value=0)
    ins = [flow for flow in ("received", "reopened", "transferred_in") if flow in flows]
    outs = [flow for flow in ("closed", "withdrawn", "transferred_out") if flow in flows]
    still = int((flows[ins].sum(axis=1) - flows[outs].sum(axis=1)).sum())
    print(f"  open on the last day {still} ({still / len(counted):.1%})")
    for day in sorted(events["occurred_at"].dt.date.unique())[-3:]:
        of_day = events[events["occurred_at"].dt.date == day]["flow"].value_counts().sort_index()
        print(f"  {day}: " + ", ".join(f"{flow} {count}" for flow, count in of_day.items()))
    print(
        f"  recovered {leads['recovered_persons'].sum()} workers, {leads['recovered_fen'].sum()} fen,"
        f" {(leads['recovered_fen'] > 0).sum()} leads"
    )


if __name__ == "__main__":
    main()
