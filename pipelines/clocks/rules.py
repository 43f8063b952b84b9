"""The time limits of a city: `clocks.yml` as typed rules, checked, and as rows for the SQL that runs them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from pipelines.contracts import Channel, ChannelName, channels, known_channels, read_yaml
from pipelines.errors import ContractError
from pipelines.settings import City, Frozen

Unit = Literal["working_day", "calendar_day", "hour"]
Basis = Literal["date", "stated", "limit"]
BASES: tuple[Basis, ...] = ("date", "stated", "limit")
"""What may set a deadline, first what comes first."""

START_FIELDS = ("filed_at", "accepted_at", "dispatched_at", "received_at")
"""Where a clock may start, the latest step first; a rule names some of them in this order."""

FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)
COVERED_FROM = date(2005, 1, 1)
"""From here on every channel must have a closing rule (the inspection regulation holds since 2004-12-01)."""


class Clause(Frozen):
    """The law, notice or local practice a limit comes from."""

    law: str
    article: str = ""

    def __str__(self) -> str:
        return self.law + self.article


class Extension(Frozen):
    """What an extension does: `add` lengthens the limit in its unit, `take: date` takes the stated date."""

    field: Literal["extended_until"]
    add: int | None = Field(default=None, gt=0)
    take: Literal["date"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Extension:
        if (self.add is None) == (self.take is None):
            raise ValueError("an extension either adds to the limit or takes the stated date")
        return self


class Rule(Frozen):
    """One time limit. Units: `limit` and `extension.add` count `unit`s. docs/clocks.md explains every key."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    clock: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    channels: tuple[ChannelName, ...] = Field(min_length=1)
    basis: Basis
    limit: int | None = Field(default=None, gt=0)
    unit: Unit | None = None
    start: tuple[Literal["filed_at", "accepted_at", "dispatched_at", "received_at"], ...] = Field(
        min_length=1
    )
    stop: tuple[Literal["accepted_at", "dispatched_at", "closed_at"], ...] = ()
    stop_at_latest: tuple[Literal["signed_at", "closed_at"], ...] = ()
    ended_by_status: tuple[str, ...] = ()
    extension: Extension | None = None
    ends_on_holiday: Literal["same_day", "next_working_day"] = "same_day"
    compare_with: Literal["source_due_at", "extended_until"] | None = None
    has_suspension: bool = False
    is_closing: bool = False
    is_enabled: bool = True
    not_measurable: str = ""
    clause: Clause
    status: Literal["confirmed", "to_confirm"]
    valid_from: date = FIRST_DAY
    valid_to: date = LAST_DAY

    @model_validator(mode="after")
    def _makes_sense(self) -> Rule:
        if (self.basis == "limit") != (self.limit is not None and self.unit is not None):
            raise ValueError("limit and unit are given where the basis is limit, and only there")
        if self.start != tuple(field for field in START_FIELDS if field in self.start):
            raise ValueError(f"start fields stand in the order {', '.join(START_FIELDS)}")
        if self.is_closing != (self.clock == "closing") or (self.is_closing and self.not_measurable):
            raise ValueError("the clock that is called closing, and it alone, closes, and it can be measured")
        if not (self.stop or self.stop_at_latest or self.not_measurable):
            raise ValueError("a clock that is measured names what stops it")
        if self.basis == "date" and (self.extension or self.compare_with):
            raise ValueError(
                "a rule that takes the source's date has no extension and nothing to compare with"
            )
        takes_date = self.basis == "date" or (self.extension is not None and self.extension.take is not None)
        if takes_date and self.start != ("received_at",):
            raise ValueError(
                "a rule that takes a stated date starts at the receipt, which the date cannot precede"
            )
        if self.unit == "hour" and self.has_suspension:
            raise ValueError("a limit in hours cannot be suspended")
        if self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def is_in_force(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


class StatedUnit(Frozen):
    """A unit in which a ticket states its own limit, and the longest limit that is believed."""

    unit: Unit
    at_most: int = Field(gt=0)


class Rules(Frozen):
    """All of `clocks.yml`."""

    stated_units: dict[str, StatedUnit]
    rules: tuple[Rule, ...]


def load_rules(city: City, standing: Mapping[str, Channel] | None = None) -> Rules:
    """Read the city's `clocks.yml` for the channels of the sources (`standing`, by default those of the contracts).

    A channel that a source brings with `clocks_like` follows the rules of that channel, besides those that name it.
    Raises ContractError where the file says something unknown, where two rules would run the same clock of one
    ticket, or where a channel has no closing rule on some day since 2005.
    """
    path = city.directory / "clocks.yml"
    standing = channels() if standing is None else standing
    try:
        rules = Rules(**read_yaml(path))
    except (ValidationError, TypeError) as error:
        raise ContractError(
            f"the time limits cannot be used: {error}",
            where=str(path),
            remedy="mend the file; see docs/clocks.md",
        ) from error
    unknown = {name for rule in rules.rules for name in rule.channels} - set(standing) - set(known_channels())
    if unknown:
        raise ContractError(
            f"a rule names the channel {min(unknown)}, which no source feeds",
            where=str(path),
            remedy=f"the channels are {', '.join(standing)}",
        )
    rules = rules.model_copy(update={"rules": tuple(_followed(rule, standing) for rule in rules.rules)})
    problem = next(_problems(rules.rules, standing), None)
    if problem is not None:
        raise ContractError(problem, where=str(path), remedy="mend the file; see docs/clocks.md")
    return rules


def _followed(rule: Rule, standing: Mapping[str, Channel]) -> Rule:
    """The rule for its channels and for those whose source says that they follow one of them."""
    followers = tuple(
        name
        for name, channel in standing.items()
        if channel.clocks_like in rule.channels and name not in rule.channels
    )
    return rule.model_copy(update={"channels": (*rule.channels, *followers)}) if followers else rule


def rules_version(city: City, standing: Mapping[str, Channel] | None = None) -> str:
    """A hash of what the rules say of the channels (not of comments and spacing): 16 hex digits."""
    content = load_rules(city, standing).model_dump(mode="json")
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def rule_rows(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Rows for core.clock_rules: one a rule, channel and span of days in which the same rules are in force.

    `yields_to_date` and `yields_to_stated` say that a rule of that basis comes first where it applies.
    """
    rows = []
    for (channel, _), group in _groups(rules).items():
        for first, last in _spans(group):
            in_force = [rule for rule in group if rule.is_in_force(first)]
            bases = {rule.basis for rule in in_force}
            for rule in in_force:
                before = BASES[: BASES.index(rule.basis)]
                rows.append(
                    _row(rule)
                    | {
                        "channel": channel,
                        "valid_from": first,
                        "valid_to": last,
                        "yields_to_date": "date" in bases and "date" in before,
                        "yields_to_stated": "stated" in bases and "stated" in before,
                    }
                )
    return rows


def _row(rule: Rule) -> dict[str, Any]:
    extension = rule.extension
    return {
        "rule": rule.id,
        "clock": rule.clock,
        "clause": str(rule.clause),
        "basis": rule.basis,
        "limit_value": rule.limit,
        "unit": rule.unit,
        "is_closing": rule.is_closing,
        "is_measurable": not rule.not_measurable,
        "starts_when_filed": "filed_at" in rule.start,
        "starts_when_accepted": "accepted_at" in rule.start,
        "starts_when_dispatched": "dispatched_at" in rule.start,
        "starts_when_received": "received_at" in rule.start,
        "stops_when_accepted": "accepted_at" in rule.stop,
        "stops_when_dispatched": "dispatched_at" in rule.stop,
        "stops_when_closed": "closed_at" in rule.stop,
        "ends_latest_when_signed": "signed_at" in rule.stop_at_latest,
        "ends_latest_when_closed": "closed_at" in rule.stop_at_latest,
        "ended_by_status": list(rule.ended_by_status),
        "extension_adds": extension.add if extension else None,
        "extension_takes_date": bool(extension and extension.take),
        "moves_to_working_day": rule.ends_on_holiday == "next_working_day",
        "compares_due": rule.compare_with == "source_due_at",
        "compares_extension": rule.compare_with == "extended_until",
        "has_suspension": rule.has_suspension,
    }


def _groups(rules: Iterable[Rule]) -> dict[tuple[str, str], list[Rule]]:
    """Enabled rules by channel and clock."""
    groups: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        for channel in rule.channels if rule.is_enabled else ():
            groups.setdefault((channel, rule.clock), []).append(rule)
    return groups


def _spans(group: list[Rule]) -> Iterator[tuple[date, date]]:
    """The spans of days in which the same rules of a group are in force."""
    starts = sorted(
        {rule.valid_from for rule in group}
        | {rule.valid_to + timedelta(days=1) for rule in group if rule.valid_to < LAST_DAY}
    )
    for number, first in enumerate(starts):
        is_last = number == len(starts) - 1
        yield first, LAST_DAY if is_last else starts[number + 1] - timedelta(days=1)


def _problems(rules: tuple[Rule, ...], standing: Mapping[str, Channel]) -> Iterator[str]:
    """What is wrong between rules, in words."""
    by_id: dict[str, list[Rule]] = {}
    for rule in rules:
        by_id.setdefault(rule.id, []).append(rule)
    for name, versions in by_id.items():
        ordered = sorted(versions, key=lambda rule: rule.valid_from)
        if any(later.valid_from <= earlier.valid_to for earlier, later in pairwise(ordered)):
            yield f"two versions of the rule {name} are in force on one day"
    groups = _groups(rules)
    for (channel, clock), group in groups.items():
        for first, _ in _spans(group):
            bases = [rule.basis for rule in group if rule.is_in_force(first)]
            if len(bases) != len(set(bases)):
                yield f"two rules run the clock {clock} of {channel} on {first}"
    for channel in standing:
        fallbacks = [rule for rule in groups.get((channel, "closing"), []) if rule.basis == "limit"]
        day: date | None = COVERED_FROM
        while day is not None and day < LAST_DAY:
            ends = [rule.valid_to for rule in fallbacks if rule.is_in_force(day)]
            if not ends:
                yield (
                    f"{channel} ({standing[channel].title}) has no closing rule with a limit of ours on {day}: "
                    f"name it in a rule, or say clocks_like in the contract of {', '.join(standing[channel].sources)}"
                )
                break
            day = ends[0] + timedelta(days=1) if ends[0] < LAST_DAY else None
