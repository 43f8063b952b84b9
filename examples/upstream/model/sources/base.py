"""What the writers of all sources share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.tables import VersionTable
from examples.upstream.model.telling import Teller, Telling
from examples.upstream.model.vocabulary import Vocabulary

DIVISION_NAMES = {
    "640100": "市本级",
    "640104": "兴庆区",
    "640105": "西夏区",
    "640106": "金凤区",
    "640121": "永宁县",
    "640122": "贺兰县",
    "640181": "灵武市",
}
DIVISION_PREFIXES = ("", "", "", "", "", "银川市", "银川市", "宁夏回族自治区银川市", "宁夏回族自治区_银川市_")
ZONES = {
    "640106": ("经开区", "银川经济技术开发区", "阅海湾中央商务区"),
    "640181": ("宁东", "宁东能源化工基地"),
}
Row = list[str | None]


class Writer(ABC):
    """Writes the versions of one source's tickets."""

    source: ClassVar[str]
    columns: ClassVar[Sequence[str]]
    number_column: ClassVar[str]
    received_column: ClassVar[str]
    closed_column: ClassVar[str]
    division_column: ClassVar[str]
    has_defects: ClassVar[bool] = False

    def __init__(self, vocabulary: Vocabulary, teller: Teller) -> None:
        self.table = VersionTable(self.columns, self.has_defects)
        self._words = vocabulary
        self._teller = teller
        self._luck = teller._luck
        self._said: dict[str, str] = {}
        self._at = {name: place for place, name in enumerate(self.columns)}

    def write(self, ticket: Ticket, telling: Telling) -> list[tuple[int, Row]]:
        """The versions of a ticket as (second from which it is shown, row), not yet added to the table."""
        row = self.opening(ticket, telling)
        versions: list[tuple[int, Row]] = []
        stated_before = visible_before = 0
        for step in ticket.steps:
            self.change(row, step, ticket, telling)
            if not step.visible:
                continue
            stated = max(step.stated, stated_before + 1)
            visible = max(step.visible, visible_before + 1)
            stated_before, visible_before = stated, visible
            self.stamp(row, stated)
            versions.append((visible, row))
            row = row.copy()
        return versions

    def add(self, key: str, versions: Sequence[tuple[int, Row]], defect: str | None = None) -> None:
        """Put versions into the table."""
        for number, (second, row) in enumerate(versions, 1):
            self.table.add(key, number, second, row, self.micros(row), defect)

    def micros(self, row: Row) -> int:
        """The microseconds of the moment from which a row is shown."""
        return 0

    @abstractmethod
    def opening(self, ticket: Ticket, telling: Telling) -> Row:
        """The row before anything happened."""

    @abstractmethod
    def change(self, row: Row, step: Step, ticket: Ticket, telling: Telling) -> None:
        """What a step changes in the row."""

    def stamp(self, row: Row, second: int) -> None:  # noqa: B027  most sources have none
        """Write the row's own change time, where the source has one."""

    def handler(self, division: str) -> str:
        """The handling unit: mostly the division's own, now and then the city's or another one's."""
        luck, firms = self._luck, self._words.firms
        chance = luck.random()
        if division == "640100" or chance < 0.04:
            return self._teller.one(firms["city_departments"])
        if chance < 0.06:
            division = ("640104", "640105", "640106")[int(luck.random() * 3)]
        return self._once(self._teller.one(firms["departments"]).replace("{d}", DIVISION_NAMES[division]))

    def division_text(self, division: str) -> str:
        """A division as file sources write it."""
        luck = self._luck
        if division in ZONES and luck.random() < 0.04:
            return self._teller.one(list(ZONES[division]))
        prefix = DIVISION_PREFIXES[int(luck.random() * len(DIVISION_PREFIXES))]
        return self._once(prefix + DIVISION_NAMES[division])

    def _once(self, text: str) -> str:
        """The same text as one object however often it is said."""
        return self._said.setdefault(text, text)
