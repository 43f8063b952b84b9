"""The measurement of leads on a small invented city: through the product, beside the truth, with its printed tables."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from examples import bench_resolve
from examples.bench_resolve import Measured, measure_city
from examples.resolution import baselines, report
from examples.resolution.measures import codes, count_pairs
from examples.resolution.product import REST, STEPS, Stopwatch
from examples.upstream.model import CityParameters


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure_city(CityParameters(tickets=400, seed=7))


def test_every_ticket_is_compared_and_every_step_is_timed(measured: Measured) -> None:
    assert len(measured.tickets) == 400 and measured.unknown == 0
    assert measured.tickets[["lead_id", "true_lead", "incident_id", "true_incident"]].notna().all(axis=None)
    seconds = measured.figures["seconds"]
    assert set(seconds) == {*STEPS, REST}
    for step in ("staging", "versions and state", "features", "candidates", "decision"):
        assert seconds[step] > 0, (
            f"nothing is counted to {step}: examples/resolution/product.py names other functions"
        )
    assert measured.figures["peak_mib"] > 50


def test_the_tables_say_what_was_measured_in_eighty_columns(measured: Measured) -> None:
    out = io.StringIO()
    assert report.show(measured, Console(file=out, width=80, soft_wrap=True, highlight=False))
    text = out.getvalue()
    found, true = codes(measured.tickets["lead_id"]), codes(measured.tickets["true_lead"])
    pairs = count_pairs(found, true)
    assert f"pairs {pairs.found:,} found, {pairs.true:,} true, {pairs.right:,} right" in text
    assert "must be 0): 0 as the sources show them, 0 as the product reads them" in text
    assert "…" not in text, "a table is too wide for 80 columns"
    for kind in ("foreman_phone", "later_period", "group_and_member", "no_evidence", "changed_phone"):
        assert sum(line.startswith(kind) for line in text.splitlines()) == 2


def test_differing_ids_in_one_lead_are_a_failure(measured: Measured) -> None:
    tickets = measured.tickets.copy()
    other = tickets[tickets["true_id_number"].notna()].drop_duplicates("true_id_number").index[:2]
    tickets.loc[other, "lead_id"] = "L1"
    wrong = Measured(tickets, measured.pairs, measured.figures, 0, measured.truly_recovered)
    out = io.StringIO()
    assert not report.show(wrong, Console(file=out, width=80, soft_wrap=True))
    assert "1 as the sources show them" in out.getvalue()


def test_exact_keys_join_by_phone_or_id_and_by_nothing_that_is_missing(measured: Measured) -> None:
    tickets = measured.tickets.head(4).assign(phone=["1", "1", None, None], id_number=[None, "x", "x", None])
    leads = baselines.exact_keys(tickets).leads
    assert leads[0] == leads[1] == leads[2] != leads[3]


def test_a_step_inside_another_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 5.0, 7.0])
    monkeypatch.setattr("examples.resolution.product.time.perf_counter", lambda: next(moments))
    watch = Stopwatch()
    with watch.step(REST), watch.step("decision"):
        pass
    assert (watch.seconds["decision"], watch.seconds[REST]) == (4.0, 3.0)


def test_a_city_that_is_too_small_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        bench_resolve.main(["--tickets", "3"])
    assert refusal.value.code == 2
    assert "a city needs 40 tickets at least" in capsys.readouterr().err


def test_plain_splink_clusters_every_ticket_in_its_place(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("splink")
    monkeypatch.setattr(baselines, "SAMPLED_PAIRS", 10_000)
    side = baselines.plain_splink(measured.tickets)
    assert len(side.leads) == len(measured.tickets) and side.left is not None and side.right is not None
    pairs = count_pairs(side.leads, codes(measured.tickets["true_lead"]))
    assert pairs.right > 50, "clusters in another order than the tickets would be right by chance alone"
    names = measured.tickets[["name", "phone", "id_number"]].astype(object)
    left, right = names.iloc[side.left].to_numpy(), names.iloc[side.right].to_numpy()
    assert (left == right).any(axis=1).all(), "every pair comes from a blocking rule: a key is the same"


def test_the_frontier_is_printed_where_pairs_carry_a_score(measured: Measured) -> None:
    pairs = measured.pairs.assign(score=measured.pairs["score"].where(measured.pairs["score"].isna(), 1.5))
    scored = Measured(
        measured.tickets, pairs, measured.figures | {"has_score": True}, 0, measured.truly_recovered
    )
    out = io.StringIO()
    report.show(scored, Console(file=out, width=80, soft_wrap=True))
    assert "recall at precision 0.995: " in out.getvalue() and "(score 1.500)" in out.getvalue()
