"""The model of the simulated city: exact totals, one city for one seed, lawful lives, and a truth that adds up."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest
from stdnum.cn import ric, uscc

from examples.upstream.model import SOURCES, City, CityParameters, build_city
from examples.upstream.model.vocabulary import Vocabulary
from pipelines.contracts import load_sources
from pipelines.settings import PROJECT_ROOT

PUBLISHED = {
    "national": 5957, "regional": 857, "supervised": 437, "direct": 1901, "petition": 612, "hotline": 17114,
    "cyberspace": 348,
}  # fmt: skip
FINGERPRINT = """
import hashlib
from examples.upstream.model import CityParameters, build_city
city = build_city(CityParameters(tickets=120))
frames = [*city.changes.values(), city.truth.tickets, city.truth.leads, city.truth.parties, city.truth.events]
print(hashlib.sha256("".join(frame.to_csv(index=False) for frame in frames).encode("utf-8", "surrogatepass")).hexdigest())
"""
STRATA = (
    "single", "first_of_several", "repeat_same_channel", "several_channels", "quoted_number", "group", "agent",
    "anonymous", "no_evidence", "brothers_one_phone", "foreman_phone", "same_name_same_employer",
    "same_person_other_employer", "later_period", "group_and_member", "one_agent_many_claims", "miscopied_number", "large_group",
)  # fmt: skip
TRAITS = (
    "short_employer", "misspelt_employer", "changed_phone", "masked_phone", "phone_lost_to_excel", "redispatched",
    "late_redispatched", "reopened", "late_reopened", "returned", "suspended", "extended", "deleted",
    "late_knowledge", "late_arrival", "late_commit", "corrected_twice", "overdue_open", "amount_differs",
    "contradiction",
)  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    return build_city()


def readable(city: City) -> pd.DataFrame:
    """The tickets the office has: readable and in scope."""
    tickets = city.truth.tickets
    return tickets[tickets["is_readable"] & tickets["is_in_scope"]]


def end_of(city: City) -> pd.Timestamp:
    return pd.Timestamp(city.parameters.last_day) + pd.Timedelta(days=1)


def current(city: City, source: str) -> pd.DataFrame:
    """The last version of every ticket of a source."""
    return city.changes[source].groupby("_ticket_no", sort=False).tail(1)


def test_the_published_figures_hold(city: City) -> None:
    tickets = readable(city)
    assert tickets["channel"].value_counts().to_dict() == PUBLISHED
    leads = city.truth.leads
    assert leads["recovered_fen"].sum() == 6_389_850_000
    assert leads["recovered_persons"].sum() == 8_976
    assert tickets["ticket_id"].is_unique


def test_money_is_told_on_several_tickets_and_the_last_closed_is_right(city: City) -> None:
    tickets = readable(city)
    paid = tickets[tickets["amount_fen"] > 0]
    assert (paid["state"] == "closed").all()
    assert paid["amount_fen"].sum() > 7_000_000_000
    last = paid.sort_values(["closed_at", "ticket_no"]).groupby("lead").tail(1).set_index("lead")
    leads = city.truth.leads.set_index("lead")
    told = leads.loc[last.index]
    assert (last["amount_fen"] == told["recovered_fen"]).all()
    assert (last["amount_persons"] == told["recovered_persons"]).all()
    assert (told["outcome"] == "paid").all()


def test_the_sources_carry_exactly_the_amounts_of_the_truth(city: City) -> None:
    national = current(city, "national").set_index("clueCode")
    regional = current(city, "regional").set_index("ajbh")
    tickets = readable(city)
    for source, frame, column, places in (
        ("national", national, "solvedMoney", 6),
        ("regional", regional, "zfje", 2),
    ):
        ours = tickets[(tickets["source"] == source) & (tickets["state"] == "closed")]
        for number, fen in zip(ours["ticket_no"], ours["amount_fen"], strict=True):
            whole, _, fraction = str(frame.at[number, column]).partition(".")
            assert int(whole + fraction.ljust(places, "0")) == fen, number


@pytest.mark.parametrize(("tickets", "seed"), [(300, 1), (2000, 7)])
def test_totals_scale(tickets: int, seed: int) -> None:
    small = build_city(CityParameters(tickets=tickets, seed=seed))
    counts = readable(small)["channel"].value_counts()
    assert counts.sum() == tickets
    for channel, published in PUBLISHED.items():
        assert abs(counts[channel] - published * tickets / 27226) < 1, channel
    leads = small.truth.leads
    assert leads["recovered_persons"].sum() == round(8976 * tickets / 27226)
    assert abs(leads["recovered_fen"].sum() - 6_389_850_000 * tickets / 27226) < 100


def test_one_city_for_one_seed_whatever_the_hash_seed() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            cwd=PROJECT_ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert printed[0] == printed[1] and printed[0].strip()
    other = build_city(CityParameters(tickets=120, seed=5))
    content = hashlib.sha256(other.changes["hotline"].to_csv(index=False).encode("utf-8", "surrogatepass"))
    first = build_city(CityParameters(tickets=120))
    again = hashlib.sha256(first.changes["hotline"].to_csv(index=False).encode("utf-8", "surrogatepass"))
    assert content.hexdigest() != again.hexdigest()


def test_native_columns_are_those_of_the_contracts(city: City) -> None:
    contracts = load_sources()
    assert tuple(city.changes) == SOURCES
    for source, frame in city.changes.items():
        native = [name for name in frame.columns if not name.startswith("_")]
        assert native == [*dict.fromkeys(native)]
        assert set(native) == set(contracts[source].columns), source
        for name in native:
            assert frame[name].map(lambda value: value is None or isinstance(value, str)).all(), name


def test_versions_are_numbered_and_in_order(city: City) -> None:
    for source, frame in city.changes.items():
        keys = list(zip(frame["_changed_at"], frame["_ticket_no"], frame["_version"], strict=True))
        assert keys == sorted(keys), source
        by_ticket = frame.groupby("_ticket_no")["_version"]
        assert (by_ticket.max() == by_ticket.count()).all()
        assert (by_ticket.transform("cumcount") + 1 == frame["_version"]).all()
        assert frame["_changed_at"].min() >= pd.Timestamp(city.parameters.first_day)
        assert frame["_changed_at"].max() < end_of(city)
    versions = sum(len(frame) for frame in city.changes.values())
    assert 2.0 <= versions / len(city.truth.tickets) <= 2.6


def test_the_change_time_stands_in_its_column(city: City) -> None:
    for source, column in (("national", "updateTime"), ("hotline", "更新时间"), ("cyberspace", "更新时间")):
        frame = city.changes[source]
        late = pd.to_datetime(frame[column]) != frame["_changed_at"]
        assert late.sum() <= (6 if source == "national" else 0), source
        assert (pd.to_datetime(frame[column])[late] < frame["_changed_at"][late]).all()
    regional = city.changes["regional"]["gxsj"]
    assert regional.str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}").all()
    assert regional.duplicated().any(), "many rows share one gxsj"


def test_every_closing_follows_its_receipt_and_keeps_its_limit(city: City) -> None:
    tickets = readable(city)
    closed = tickets[tickets["closed_at"].notna()]
    assert (closed["closed_at"] >= closed["received_at"]).all()
    assert (closed["closed_at"] <= closed["due_at"]).all()
    is_open = tickets["state"] == "open"
    assert 0.03 <= is_open.mean() <= 0.05
    assert (tickets[is_open]["due_at"] < end_of(city)).sum() == 60


def test_valid_ids_and_codes_are_valid(city: City) -> None:
    parties = city.truth.parties
    shown = parties[parties["id_number"].notna()]
    assert shown["is_id_valid"].mean() > 0.97 and not shown["is_id_valid"].all()
    for number, is_valid in zip(shown["id_number"], shown["is_id_valid"], strict=True):
        assert (ric.calc_check_digit(number) == number[17]) == is_valid, "check digit"
    sample = shown[shown["is_id_valid"]]["id_number"].drop_duplicates().head(1500)
    assert sum(ric.is_valid(number) for number in sample) == len(sample)
    codes = current(city, "national")["employerUscc"]
    codes = codes[codes != ""].drop_duplicates()
    validity = codes.map(uscc.is_valid)
    assert 0.9 < validity.mean() < 1
    assert parties["phone"].dropna().str.fullmatch(r"1[3-9]\d{9}").all()
    assert parties.groupby("id_number")["person"].nunique().max() == 1, "an ID is one person's"


def test_every_stratum_and_trait_is_there(city: City) -> None:
    tickets = city.truth.tickets
    found = set(tickets["stratum"])
    assert not set(STRATA) - found
    traits = set(tickets["traits"].str.split(",").explode())
    assert not set(TRAITS) - traits
    assert city.truth.leads["claimed_persons"].max() > 150
    assert city.truth.leads["repeat_of"].notna().sum() > 20


def test_the_last_days_are_ordinary_days(city: City) -> None:
    tickets = readable(city)
    received = tickets["received_at"].dt.date.value_counts()
    closed = tickets["closed_at"].dt.date.value_counts()
    for day in (date(2023, 8, 29), date(2023, 8, 30), date(2023, 8, 31)):
        assert 70 <= received[day] <= 160, day
        assert closed[day] > 60, day


def test_no_row_tells_what_has_not_happened_yet(city: City) -> None:
    for source, names in (
        ("national", ("acceptTime", "finishTime")),
        ("regional", ("slsj", "lasj", "jasj")),
        ("hotline", ("派单时间", "签收时间", "办结时间")),
        ("petition", ("受理日期", "办结日期")),
        ("cyberspace", ("办结时间",)),
    ):
        frame = city.changes[source]
        for name in names:
            told = frame[name].fillna("").astype(str)
            is_early = told[:].str[:10] > frame["_changed_at"].dt.strftime("%Y-%m-%d")
            assert not is_early.any(), (source, name, frame.loc[is_early, "_ticket_no"].head().tolist())


def test_what_is_known_late(city: City) -> None:
    events = city.truth.events
    late = events[(events["flow"] == "closed") & (events["occurred_at"].dt.date == date(2023, 8, 29))]
    assert (late["known_at"].dt.date == date(2023, 8, 31)).any()
    arrivals = events[(events["flow"] == "received") & (events["known_at"].dt.date == date(2023, 8, 31))]
    assert (arrivals["occurred_at"] < pd.Timestamp(2023, 8, 25)).any()


def test_rows_that_cannot_be_read_say_why_and_are_not_counted(city: City) -> None:
    quarantine = city.truth.quarantine
    assert 40 <= len(quarantine) <= 60
    assert quarantine["reason"].nunique() == 8
    assert set(quarantine["source"]) == set(SOURCES)
    unreadable = city.truth.tickets[~city.truth.tickets["is_readable"]]
    assert unreadable["quarantine_reason"].notna().all()
    hotline = city.changes["hotline"]
    assert (hotline["_defect"] == "cut_record").sum() == (quarantine["reason"] == "cut_record").sum()
    numbers = hotline["工单编号"].fillna("")
    assert numbers.str.contains("\ufffd").sum() == (quarantine["reason"] == "unreadable_ticket_no").sum()


def test_a_lead_is_one_claimant_and_one_employer(city: City) -> None:
    tickets = readable(city)
    by_lead = tickets.groupby("lead")
    assert (by_lead["claimant"].nunique() <= 1).all()
    assert (by_lead["incident"].nunique() == 1).all()
    leads = city.truth.leads[city.truth.leads["is_countable"]]
    assert leads["tickets"].sum() == len(tickets)
    repeats = leads[leads["repeat_of"].notna()].set_index("lead")
    first = leads.set_index("lead").loc[repeats["repeat_of"].astype(int)]
    assert (first["claimant"].to_numpy() == repeats["claimant"].to_numpy()).all()


def test_without_noise_nothing_is_misspelt_or_unreadable() -> None:
    clean = build_city(CityParameters(tickets=300, noise="none"))
    assert clean.truth.quarantine.empty
    traits = set(clean.truth.tickets["traits"].str.split(",").explode())
    assert not traits & {"misspelt_employer", "short_employer", "masked_phone", "changed_phone"}


@pytest.mark.parametrize(("name", "others"), [("second", ("default",)), ("held_out", ("default", "second"))])
def test_a_set_of_words_shares_no_brand_and_no_project_with_those_before(
    name: str, others: tuple[str, ...]
) -> None:
    words = Vocabulary(name)
    for other in map(Vocabulary, others):
        assert not set(words.firms["brands"]) & set(other.firms["brands"])
        assert not set(words.projects["heads"]) & set(other.projects["heads"])
    city = build_city(CityParameters(tickets=300, vocabulary=name))
    assert len(readable(city)) == 300
    texts = city.changes["hotline"]["主要内容"].drop_duplicates()
    assert len(texts) > 150


def test_impossible_parameters_are_refused() -> None:
    for wrong in (CityParameters(noise="loud"), CityParameters(vocabulary="none"), CityParameters(tickets=3)):
        with pytest.raises(ValueError):
            build_city(wrong)
