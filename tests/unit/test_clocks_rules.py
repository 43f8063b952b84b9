"""clocks.yml: what it says, and what it may not say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.clocks import load_rules, rules_version
from pipelines.clocks.rules import rule_rows
from pipelines.contracts import channels
from pipelines.errors import ContractError
from pipelines.settings import PROJECT_ROOT
from tests.clocks_harness import YINCHUAN, city_with

# The table of time limits: rule, limit, unit, what an extension adds.
LIMITS = {
    "inspection_accept": (5, "working_day", None),
    "inspection_investigate": (60, "working_day", 30),
    "inspection_close": (75, "working_day", 30),
    "petition_tell": (15, "calendar_day", None),
    "petition_handle_inspection": (75, "working_day", None),
    "petition_handle_no_procedure": (60, "calendar_day", 30),
    "hotline_dispatch": (1, "working_day", None),
    "hotline_handle": (5, "working_day", None),
    "national_sign": (1, "working_day", None),
    "national_verify": (3, "working_day", None),
    "national_close": (15, "working_day", None),
    "supervised_close": (10, "working_day", None),
    "cyberspace_close": (10, "working_day", None),
}
TO_CONFIRM = {
    "inspection_close",
    "petition_handle_inspection",
    "hotline_dispatch",
    "hotline_handle",
    "national_sign",
    "national_verify",
    "national_close",
    "supervised_date",
    "supervised_close",
    "cyberspace_date",
    "cyberspace_close",
}


def test_the_limits_are_those_of_the_law_and_the_local_practice() -> None:
    limits = {
        rule.id: (rule.limit, rule.unit, rule.extension.add if rule.extension else None)
        for rule in load_rules(YINCHUAN).rules
        if rule.basis == "limit"
    }
    assert limits == LIMITS


def test_every_rule_names_its_clause_and_says_whether_it_is_confirmed() -> None:
    rules = load_rules(YINCHUAN).rules
    assert all(str(rule.clause) for rule in rules)
    assert {rule.id for rule in rules if rule.status == "to_confirm"} == TO_CONFIRM


def test_every_channel_closes_by_a_rule_and_the_unmeasurable_are_named() -> None:
    rules = load_rules(YINCHUAN).rules
    closing = {channel for rule in rules if rule.is_closing and rule.is_enabled for channel in rule.channels}
    assert closing == set(channels())
    assert {rule.id for rule in rules if rule.not_measurable} == {
        "petition_tell",
        "national_sign",
        "national_verify",
    }
    assert not any(rule.has_suspension for rule in rules), "suspension is off until a regional law allows it"


def test_the_sources_own_date_comes_first_and_then_the_tickets_own_limit() -> None:
    rows = {(row["channel"], row["rule"]): row for row in rule_rows(load_rules(YINCHUAN).rules)}
    assert rows["petition", "petition_handle_inspection"]["yields_to_date"]
    assert rows["hotline", "hotline_handle"]["yields_to_stated"]
    assert not rows["hotline", "hotline_handle_stated"]["yields_to_date"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("    limit: 15\n    unit: working_day", "    unit: working_day", "limit and unit"),
        (
            "id: national_verify\n    clock: verify",
            "id: national_verify\n    clock: sign",
            "two rules run the clock",
        ),
        ("id: national_close", "id: national_sign", "two versions of the rule"),
        ("is_enabled: false", "is_enabled: true", "two rules run the clock closing of petition"),
        ("valid_from: 2004-12-01", "valid_from: 2010-01-01", "no closing rule"),
        ("start: [filed_at, accepted_at, received_at]", "start: [received_at, filed_at]", "order"),
        ("    unit: calendar_day", "    unit: fortnight", "unit"),
        ("    status: confirmed", "    state: confirmed", "status"),
    ],
)
def test_a_broken_rule_is_refused_and_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    city = city_with(tmp_path, (old, new))
    with pytest.raises(ContractError) as caught:
        load_rules(city)
    assert complaint in str(caught.value)
    assert "clocks.yml" in str(caught.value)


def test_a_rule_has_versions_by_date_of_receipt(tmp_path: Path) -> None:
    old = "  - id: national_close\n    clock: closing\n"
    city = city_with(
        tmp_path,
        (
            old,
            "  - {id: national_close, clock: closing, is_closing: true, title: 旧, channels: [national], "
            "basis: limit, limit: 20, unit: working_day, start: [received_at], stop: [closed_at], "
            "clause: {law: 旧}, status: to_confirm, valid_to: 2023-06-30}\n"
            + old
            + "    valid_from: 2023-07-01\n",
        ),
    )
    spans = {
        (row["valid_from"], row["valid_to"]): row["limit_value"]
        for row in rule_rows(load_rules(city).rules)
        if row["rule"] == "national_close"
    }
    assert spans == {
        (date(1, 1, 1), date(2023, 6, 30)): 20,
        (date(2023, 7, 1), date(9999, 12, 31)): 15,
    }


def test_the_version_follows_what_the_rules_say_and_not_how_it_is_written(tmp_path: Path) -> None:
    commented = city_with(tmp_path / "a", ("rules:\n", "# a remark\nrules:\n"))
    changed = city_with(
        tmp_path / "b", ("limit: 15\n    unit: working_day", "limit: 16\n    unit: working_day")
    )
    assert rules_version(commented) == rules_version(YINCHUAN)
    assert rules_version(changed) != rules_version(YINCHUAN)


def test_the_documentation_lists_every_rule_and_marks_what_is_to_confirm() -> None:
    lines = (PROJECT_ROOT / "docs" / "clocks.md").read_text(encoding="utf-8").splitlines()
    for rule in load_rules(YINCHUAN).rules:
        rows = [line for line in lines if line.startswith("|") and f"`{rule.id}`" in line]
        assert rows, f"docs/clocks.md does not list {rule.id}"
        assert ("待确认" in rows[0]) == (rule.status == "to_confirm"), rule.id
        assert ("不可测" in rows[0]) == bool(rule.not_measurable), rule.id
        assert ("未启用" in rows[0]) == (not rule.is_enabled), rule.id
