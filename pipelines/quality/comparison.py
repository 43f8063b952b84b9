"""One source's day against the days before: what is a finding of drift, and what is the life of a city.

A finding holds counts, shapes and codes, and the line of YAML that would accept it; never a value of a person.

The thresholds, and why they are what they are:
a share is compared only with MIN_ROWS rows on the day and on each day it is compared with, and with MIN_DAYS such
days. It is a finding when it lies outside everything those days showed, by MIN_CHANGE and by MIN_DEVIATIONS standard
errors of two proportions from the nearest of them. What a day lacks or has for the first time is a finding when
chance would show it less often than ALPHA; what no contract knows is one at any number.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from pipelines.contracts import SourceContract
from pipelines.ingest.acceptance import is_showable, likely_names, shown_name, value_shape
from pipelines.quality import lines
from pipelines.quality.profiles import REST, code_columns, is_personal, time_columns

# Below 30 rows one row is more than three points of a share, and the normal approximation does not hold.
MIN_ROWS = 30
# Fewer days say little of how a source differs from day to day (weekends, a month's end).
MIN_DAYS = 5
# Ten points: less is the life of a city (rain, pay days), more is a form filled in another way.
MIN_CHANGE = 0.10
# Some 40 shares a source and day, seven sources, every day of a year: about 100,000 looks; four standard errors
# beyond the most extreme of the days before come up by chance in well under one of 100,000.
MIN_DEVIATIONS = 4.0
# For what was never seen, or always: the chance that the same source shows it all the same.
ALPHA = 0.001
# A code is shown as it is only where it is short, has few digits and no name of a claimant is written so; more new
# codes in one column than this are a shifted column, whose values may be anything.
LONGEST_CODE = 12
MOST_CODES = 10
# Findings of one kind in one column; the rest are counted in one more.
MOST_FINDINGS = 20


@dataclass(frozen=True)
class Finding:
    """One way in which a day's deliveries of a source differ from those before; a row of the published table `drift`.

    `count` of `rows` rows show it (for codes, shapes and unreadable values: of the filled values); `share` and
    `baseline_share` are fractions, `baseline_share` None where there is no history to compare with. `is_new` is
    False where the days before showed the same.
    """

    source: str
    business_date: date
    kind: str
    column_name: str
    example: str
    count: int
    rows: int
    share: float
    baseline_share: float | None
    is_new: bool
    accept: str
    history_days: int


@dataclass
class Day:
    """What one day's deliveries of a source looked like: counts by column (and value)."""

    rows: int = 0
    empty: dict[str, int] = field(default_factory=dict)
    absent: dict[str, int] = field(default_factory=dict)
    codes: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    shapes: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    extra: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)

    def filled(self, column: str) -> int:
        return self.rows - self.empty.get(column, self.rows)


@dataclass
class History:
    """A source's days: the business date's and those it is compared with, and how values read."""

    today: Day | None = None
    before: list[Day] = field(default_factory=list)
    extra_shapes: dict[str, tuple[str, bool]] = field(default_factory=dict)
    unread_shapes: set[tuple[str, str]] = field(default_factory=set)
    unread_codes: set[tuple[str, str]] = field(default_factory=set)
    names: frozenset[str] = frozenset()


def compare(contract: SourceContract, history: History, business_date: date) -> list[Finding]:
    """The findings of one source: at most one a kind, column and example, in that order."""
    comparison = _Comparison(contract, history, business_date)
    vanished = comparison.columns()
    comparison.empties(vanished)
    comparison.codes()
    comparison.shapes(vanished)
    comparison.unreadable()
    return comparison.merged()


class _Comparison:
    """One source on one day against the days before."""

    def __init__(self, contract: SourceContract, history: History, business_date: date) -> None:
        assert history.today is not None
        self.contract, self.history, self.business_date = contract, history, business_date
        self.today, self.before = history.today, history.before
        self.findings: list[Finding] = []

    def columns(self) -> set[str]:
        """Undeclared columns, and declared ones that are gone. Returns the latter."""
        vanished = set()
        rows_before = sum(day.rows for day in self.before)
        for name in self.contract.columns:
            filled_before = sum(day.filled(name) for day in self.before)
            if self.today.filled(name) or not filled_before:
                continue
            is_unlikely = chance_apart(filled_before, rows_before, self.today.rows) < ALPHA
            if is_unlikely and (self._is_out_of_the_header(name) or self._was_filled(name)):
                vanished.add(name)
        unknown_before = {name for day in self.before for name in day.extra}
        new = [name for name in self.today.extra if name not in unknown_before and name != REST]
        pairs = likely_names(self.contract, sorted(vanished), sorted(new))
        for name in sorted(vanished):
            last = self.before[-1]
            self._add(
                "vanished_column",
                name,
                shown_name(pairs[name]) if name in pairs else "",
                count=self.today.rows,
                rows=self.today.rows,
                baseline=sum(day.rows - day.filled(name) for day in self.before) / rows_before,
                is_new=last.filled(name) > 0,
                accept=lines.vanished_column(self.contract, name, pairs.get(name)),
            )
        stands_for = {header: name for name, header in pairs.items()}
        for header, count in sorted(self.today.extra.items()):
            shape, is_time = self.history.extra_shapes.get(header, ("", False))
            self._add(
                "new_column",
                shown_name(header),
                shape,
                count=count,
                rows=self.today.rows,
                baseline=sum(day.extra.get(header, 0) for day in self.before) / rows_before
                if rows_before
                else None,
                is_new=header not in unknown_before,
                accept=lines.new_column(self.contract, header, is_time, stands_for.get(header)),
            )
        return vanished

    def empties(self, vanished: set[str]) -> None:
        """Columns that are filled more or less often than on any of the days before."""
        for name in self.contract.columns:
            if name in vanished:
                continue
            changed = share_change(
                (self.today.empty.get(name, self.today.rows), self.today.rows),
                [(day.empty.get(name, day.rows), day.rows) for day in self.before],
            )
            if changed is not None:
                count = self.today.empty.get(name, self.today.rows)
                accept = lines.share_of_empties(self.contract, name)
                self._add("share_of_empties", name, "", count, self.today.rows, changed, True, accept)

    def codes(self) -> None:
        """Codes that the contract does not know, and known ones that come far more or less often."""
        known = lines.known_codes(self.contract)
        for name in code_columns(self.contract):
            today = self.today.codes.get(name, {})
            filled, filled_before = self.today.filled(name), sum(day.filled(name) for day in self.before)
            is_flag = name not in known
            everything = {*today, *(code for day in self.before for code in day.codes.get(name, {}))}
            strange = {
                code
                for code in everything
                if ((name, code) in self.history.unread_codes if is_flag else code not in known[name])
            }
            unknown = sorted(strange & set(today))
            accept = lines.unknown_flag if is_flag else lines.unknown_code
            for code in unknown:
                seen = sum(day.codes.get(name, {}).get(code, 0) for day in self.before)
                shown = self._shown_code(name, code, len(unknown))
                self._add(
                    "unknown_code",
                    name,
                    shown,
                    count=today[code],
                    rows=filled,
                    baseline=seen / filled_before if filled_before else None,
                    is_new=seen == 0,
                    accept=accept(self.contract, name, code if shown == code != REST else None),
                )
            for code in sorted(everything - strange - {REST}):
                changed = share_change(
                    (today.get(code, 0), filled),
                    [(day.codes.get(name, {}).get(code, 0), day.filled(name)) for day in self.before],
                )
                if changed is not None:
                    self._add(
                        "share_of_code",
                        name,
                        self._shown_code(name, code, 0),
                        count=today.get(code, 0),
                        rows=filled,
                        baseline=changed,
                        is_new=True,
                        accept=lines.share_of_code(),
                    )

    def shapes(self, vanished: set[str]) -> None:
        """Ways of writing a time that were not seen before, or that the parser does not read."""
        for name in time_columns(self.contract):
            filled, filled_before = self.today.filled(name), sum(day.filled(name) for day in self.before)
            before: dict[str, int] = defaultdict(int)
            for day in self.before:
                for shape, count in day.shapes.get(name, {}).items():
                    before[shape_family(shape)] += count
            families: dict[str, dict[str, int]] = defaultdict(dict)
            for shape, count in self.today.shapes.get(name, {}).items():
                if shape != REST:
                    families[shape_family(shape)][shape] = count
            for family, members in sorted(families.items()):
                count, shown = sum(members.values()), max(members, key=lambda shape: (members[shape], shape))
                is_read = (name, shown) not in self.history.unread_shapes
                # Without history every shape is the first of its kind.
                chance = chance_apart(count, filled, filled_before) if filled_before else 1.0
                if family in before or (is_read and chance >= ALPHA):
                    continue
                baseline = 0.0 if filled_before else None
                accept = lines.new_date_shape(self.contract, name, shown, is_read)
                self._add("new_date_shape", name, shown, count, filled, baseline, True, accept)

    def unreadable(self) -> None:
        """Typed columns whose values the parser cannot read far more often than before."""
        for name in sorted(
            {*self.today.unreadable, *(name for day in self.before for name in day.unreadable)}
        ):
            if name not in self.contract.columns or self.contract.columns[name].parser == "flag":
                continue
            count, filled = self.today.unreadable.get(name, 0), self.today.filled(name)
            changed = share_change(
                (count, filled), [(day.unreadable.get(name, 0), day.filled(name)) for day in self.before]
            )
            if changed is not None and filled and count / filled > changed:
                accept = lines.unreadable(self.contract, name)
                self._add("share_of_unreadable", name, "", count, filled, changed, True, accept)

    def merged(self) -> list[Finding]:
        """The findings, those that look alike as one, and the many of one column folded."""
        grouped: dict[tuple[str, str, str], Finding] = {}
        in_column: dict[tuple[str, str], int] = defaultdict(int)
        for item in sorted(
            self.findings, key=lambda item: (item.kind, item.column_name, -item.count, item.example)
        ):
            place = (item.kind, item.column_name if item.kind != "new_column" else "")
            key = (item.kind, item.column_name, item.example)
            if key not in grouped:
                if in_column[place] >= MOST_FINDINGS:
                    column = item.column_name if item.kind != "new_column" else REST
                    key = (item.kind, column, REST)
                    item = Finding(**{**vars(item), "column_name": column, "example": REST})
                in_column[place] += 1
            if key in grouped:
                first = grouped[key]
                count = first.count + item.count
                both = {
                    "count": count,
                    "share": count / first.rows if first.rows else 0.0,
                    "is_new": first.is_new or item.is_new,
                }
                item = Finding(**{**vars(first), **both})
            grouped[key] = item
        return [grouped[key] for key in sorted(grouped)]

    def _is_out_of_the_header(self, name: str) -> bool:
        """Whether no row of the day has the column, and every row before had it."""
        is_always = not any(day.absent.get(name) for day in self.before)
        return is_always and self.today.absent.get(name, 0) == self.today.rows

    def _was_filled(self, name: str) -> bool:
        """Whether even the day that filled it least, of enough days, leaves no doubt: rows of one day are alike, and
        one file of history is no measure of a day.
        """
        shares = [day.filled(name) / day.rows for day in self.before]
        return len(shares) >= MIN_DAYS and (1 - min(shares)) ** self.today.rows < ALPHA

    def _shown_code(self, name: str, code: str, unknown: int) -> str:
        if code == REST:
            return code
        is_plain = (
            not is_personal(self.contract, name)
            and unknown <= MOST_CODES
            and len(code) <= LONGEST_CODE
            and is_showable(code)
            and code not in self.history.names
        )
        return code if is_plain else value_shape(code)

    def _add(
        self,
        kind: str,
        column: str,
        example: str,
        count: int,
        rows: int,
        baseline: float | None,
        is_new: bool,
        accept: str,
    ) -> None:
        share = count / rows if rows else 0.0
        self.findings.append(
            Finding(
                self.contract.source,
                self.business_date,
                kind,
                column,
                example,
                count,
                rows,
                share,
                baseline,
                is_new,
                accept,
                len(self.before),
            )
        )


def share_change(today: tuple[int, int], before: Sequence[tuple[int, int]]) -> float | None:
    """The median share of the days before where today's share is a finding, else None.

    `today` and each of `before` are (count, rows); days with fewer than MIN_ROWS rows are left out.
    """
    count, rows = today
    days = [(part, whole) for part, whole in before if whole >= MIN_ROWS]
    if rows < MIN_ROWS or len(days) < MIN_DAYS:
        return None
    share = count / rows
    low = min(days, key=lambda day: (day[0] / day[1], -day[1]))
    high = max(days, key=lambda day: (day[0] / day[1], day[1]))
    if low[0] / low[1] <= share <= high[0] / high[1]:
        return None
    nearest = low if share < low[0] / low[1] else high
    change = abs(share - nearest[0] / nearest[1])
    # One added to each side keeps the error from being nought where a share is 0 or 1.
    pooled = (count + nearest[0] + 1) / (rows + nearest[1] + 2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / nearest[1]))
    if change < max(MIN_CHANGE, MIN_DEVIATIONS * error):
        return None
    return median(part / whole for part, whole in days)


def shape_family(shape: str) -> str:
    """A shape of a time without what the calendar alone changes: 9 and 10 o'clock, 9月 and 10月, tenths and millionths."""
    return re.sub(r"(?<!9)9{1,2}(?!9)", "9", re.sub(r"\.9+", ".9", shape))


def chance_apart(marked: int, here: int, there: int) -> float:
    """The chance that all `marked` of `here` + `there` rows lie among `here`, where their places are drawn by lot."""
    if marked > here:
        return 0.0
    together = here + there
    return math.exp(
        math.lgamma(here + 1)
        - math.lgamma(here - marked + 1)
        - math.lgamma(together + 1)
        + math.lgamma(together - marked + 1)
    )
