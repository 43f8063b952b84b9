"""The invented city: its totals, its money, its clocks, and that it is the same every time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from stdnum.cn import ric, uscc

from examples.upstream.city import City, CityParameters, build_city
from examples.upstream.city.model import FIGURES, PAID_FEN, PAID_PERSONS, quotas

ROOT = Path(__file__).resolve().parents[2]
SMALL = 300


@pytest.fixture(scope="module", params=[SMALL, CityParameters.tickets])
def city(request: pytest.FixtureRequest) -> City:
    return build_city(CityParameters(tickets=request.param))


def digest(city: City) -> str:
    """A hash over every value of every frame."""
    frames = [*city.changes.values(), city.truth.tickets, city.truth.leads, city.truth.events]
    return hashlib.sha256("".join(frame.to_csv() for frame in frames).encode()).hexdigest()


def newest(city: City, source: str) -> pd.DataFrame:
    return city.changes[source].drop_duplicates("_ticket_no", keep="last")


def readable(city: City, source: str) -> pd.DataFrame:
    tickets = city.truth.tickets
    kept = tickets[tickets["is_readable"] & tickets["is_in_scope"]]
    rows = newest(city, source)
    return rows[(source + ":" + rows["_ticket_no"]).isin(kept["ticket_id"])]


def test_totals_by_channel(city: City) -> None:
    tickets = city.truth.tickets
    counted = tickets[tickets["is_readable"] & tickets["is_in_scope"]]
    due = quotas(city.parameters.tickets)
    assert dict(Counter(counted["channel"])) == due
    if city.parameters.tickets == CityParameters.tickets:
        assert due == FIGURES
    assert tickets["ticket_id"].is_unique
    assert set(city.truth.leads["lead"]) == set(counted["lead"])


def test_ajly_says_the_channel(city: City) -> None:
    due = quotas(city.parameters.tickets)
    counts = readable(city, "regional")["ajly"].value_counts()
    assert [counts[letter] for letter in "123"] == [due["direct"], due["regional"], due["supervised"]]


def test_every_shown_ticket_is_delivered(city: City) -> None:
    shown = {f"{source}:{number}" for source in city.changes for number in city.changes[source]["_ticket_no"]}
    assert shown == set(city.truth.tickets["ticket_id"])


def test_money_once_a_lead(city: City) -> None:
    """Over the amount fields: of a lead's tickets the latest-closed one with an amount."""
    national = newest(city, "national").query("solvedMoney.notna()")
    regional = newest(city, "regional").query("zfje.notna()")
    assert set(national["conclusion"]) == {"1"} and set(regional["jaxs"]) == {"已支付"}
    rows = [
        *zip(
            "national:" + national["_ticket_no"],
            national["finishTime"],
            [int(Decimal(text) * 1_000_000) for text in national["solvedMoney"]],
            national["solvedPersons"].astype(int),
            strict=True,
        ),
        *zip(
            "regional:" + regional["_ticket_no"],
            regional["jasj"],
            [int(Decimal(text) * 100) for text in regional["zfje"]],
            regional["zfrs"].astype(int),
            strict=True,
        ),
    ]
    lead_of = dict(zip(city.truth.tickets["ticket_id"], city.truth.tickets["lead"], strict=True))
    paid = {
        lead_of[number]: (fen, persons) for number, _, fen, persons in sorted(rows, key=lambda row: row[1])
    }
    share = city.parameters.tickets / CityParameters.tickets
    assert (
        sum(fen for fen, _ in paid.values())
        == round(PAID_FEN * share)
        == city.truth.leads["recovered_fen"].sum()
    )
    assert sum(persons for _, persons in paid.values()) == round(PAID_PERSONS * share)
    assert len(rows) > len(paid)


def test_identifiers_hold(city: City) -> None:
    rows = readable(city, "national")
    wrong = sum(not ric.is_valid(number) for number in rows["reporterIdCard"] if number)
    assert wrong <= len(rows) * 0.01 + 1
    assert all(uscc.is_valid(code) for code in rows["employerUscc"] if code)


def test_sorted_versions_within_the_span(city: City) -> None:
    for frame in city.changes.values():
        assert frame["_changed_at"].dtype == "datetime64[us]"
        assert frame[["_changed_at", "_ticket_no", "_version"]].apply(tuple, axis=1).is_monotonic_increasing
        assert frame["_changed_at"].max() < pd.Timestamp("2023-09-01")


def test_closings_are_on_time(city: City) -> None:
    hotline = readable(city, "hotline").query("办结时间.notna()")
    limit = hotline["延期后截止时间"].fillna(hotline["截止时间"])
    assert (hotline["办结时间"].str[:10] < limit.str[:10]).all()
    assert (hotline["办结时间"] > hotline["来电时间"]).all()
    petition = readable(city, "petition").query("办结日期.notna()")
    assert (petition["办结日期"].str[:10] < petition["限办时间"].str[:10]).all()


@pytest.mark.parametrize("hash_seed", ["0", "77"])
def test_same_bytes_under_any_hash_seed(hash_seed: str) -> None:
    program = (
        "from tests.unit.test_city import digest, SMALL\n"
        "from examples.upstream.city import CityParameters, build_city\n"
        "print(digest(build_city(CityParameters(tickets=SMALL))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest(build_city(CityParameters(tickets=SMALL)))


def test_another_seed_is_another_city() -> None:
    assert digest(build_city(CityParameters(tickets=SMALL))) != digest(build_city(CityParameters(1, SMALL)))


def test_late_knowledge_and_open_stock() -> None:
    """At the published size: a late closing, a ticket seen late, an amount corrected and corrected back."""
    city = build_city()
    first = pd.concat(
        city.changes[source].drop_duplicates("_ticket_no") for source in ("national", "hotline")
    )
    registered = first["registerTime"].fillna(first["来电时间"]).str[:10]
    assert ((registered == "2023-08-28") & (first["_changed_at"] >= "2023-08-31")).sum() >= 1
    late = city.changes["national"].query(
        "finishTime.str[:10] == '2023-08-29' and _changed_at >= '2023-08-31'"
    )
    late_calls = city.changes["hotline"].query(
        "办结时间.str[:10] == '2023-08-29' and _changed_at >= '2023-08-31'"
    )
    assert len(late) + len(late_calls) >= 1
    amounts = city.changes["regional"].groupby("_ticket_no")["qxje"].agg(list)
    assert any(len(set(seen)) == 2 and seen[0] == seen[-1] for seen in amounts)
    events = city.truth.events
    for day in ("2023-08-29", "2023-08-30", "2023-08-31"):
        of_day = events[events["occurred_at"].dt.strftime("%Y-%m-%d") == day]["flow"].value_counts()
        assert 85 <= of_day["received"] <= 140 and of_day["closed"] > 40
    assert (events[events["occurred_at"] >= "2023-08-30"]["flow"] == "transferred_in").sum() >= 10
