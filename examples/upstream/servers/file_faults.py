"""How the file-delivering sources misbehave: what stands in an outbox when, instead of every file at its time.

A delivery (a file, a hotline CSV with its marker) has at most one fault. `steps` says what happens to an outbox in
a span of simulated time; it follows from the files and the faults alone, so that time in steps and in one leap end
with the same outbox.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path, PurePath

from examples.upstream.servers import damage
from examples.upstream.servers.faults import Fault, Faults
from examples.upstream.servers.outbox import DAY, Content, Once, OutboxFile, midnight, write_file

MARKER_FAULTS = (
    Fault.MARKER_MISSING,
    Fault.MARKER_WRONG_HASH,
    Fault.MARKER_WRONG_COUNT,
    Fault.OTHER_ENCODING,
)
FILE_FAULTS = (
    Fault.REPLACED_AFTER_READ,
    Fault.APPEARS_LATE,
    Fault.APPEARS_TWICE,
    Fault.RENAMED,
    Fault.HALF_WRITTEN,
    Fault.COLUMN_RENAMED,
)
# Every delivery is whole and under its own name so long after its time at the latest.
LONGEST = 3 * DAY
HOURS = timedelta(hours=1)
# Names like a day's next file, for what is not one: a second copy, a link.
SECOND_NAMES = {
    "hotline": ("GD_{day:%Y%m%d}_6{number}", "{stem}(1)"),
    "petition": ("XFJ_{day:%Y%m%d}_2351", "{stem}(1)"),
    "cyberspace": ("WX_{day:%Y%m%d}_2", "{stem}(1)"),
}
LINK_NAMES = {
    "hotline": "GD_{day:%Y%m%d}_90.csv",
    "petition": "XFJ_{day:%Y%m%d}_2355.xlsx",
    "cyberspace": "WX_{day:%Y%m%d}_9.jsonl",
}
OUTSIDE = b"outside of the outbox: nobody delivers this\n"


@dataclass(frozen=True)
class Step:
    """From `at` on a name stands for `content` (None: for nothing). A fault is seen until `seen_until`."""

    at: datetime
    name: str
    content: Content | None
    fault: Fault | None = None
    seen_until: datetime = datetime.max
    is_link: bool = False

    def carry_out(self, folder: Path) -> None:
        """Do it to the outbox in the folder."""
        path = folder / self.name
        if self.content is None:
            path.unlink(missing_ok=True)
        elif self.is_link:
            target = write_file(folder.parent, f"outside{path.suffix}", self.content(), self.at)
            path.unlink(missing_ok=True)
            path.symlink_to(target)
        else:
            write_file(folder, self.name, self.content(), self.at)


@dataclass(frozen=True)
class FileFaults:
    """The faults of one source's outbox."""

    source: str
    faults: Faults

    def reach(self, since: datetime) -> datetime:
        """How far back a file may still have something to happen after `since`."""
        return since - LONGEST if self.faults.rates and since > datetime.min + LONGEST else since

    def steps(self, files: Iterable[OutboxFile], since: datetime, until: datetime) -> Iterable[Step]:
        """What happens in (since, until], in order of time; `files` are those that appear in (reach(since), until]."""
        if not self.faults.rates:
            return (Step(file.appears_at, file.name, file.content) for file in files)
        steps = [step for delivery in _deliveries(files) for step in self._of_delivery(delivery)]
        if self.faults.is_on(Fault.SYMLINK):
            start = (
                since - 2 * DAY if since > datetime.min else min((step.at for step in steps), default=until)
            )
            steps += self._links(start.date(), until)
        return sorted((step for step in steps if since < step.at <= until), key=lambda step: step.at)

    def _of_delivery(self, delivery: list[OutboxFile]) -> list[Step]:
        data, at = delivery[0], delivery[0].appears_at
        choice = (*MARKER_FAULTS, *FILE_FAULTS) if len(delivery) == 2 else FILE_FAULTS
        fault = self.faults.one_of(choice, self.source, data.name, good_at=at + LONGEST)
        proper = [Step(at, file.name, file.content) for file in delivery]
        if fault is None:
            return proper
        luck = self.faults.chance(fault, "how", self.source, data.name)
        good_at = at + luck.choice((6, 24)) * HOURS
        if fault in (Fault.MARKER_MISSING, Fault.MARKER_WRONG_HASH, Fault.MARKER_WRONG_COUNT):
            good_at = good_at if fault is Fault.MARKER_MISSING else at + DAY
            marker = delivery[1]
            wrong = {
                Fault.MARKER_MISSING: None,
                Fault.MARKER_WRONG_HASH: partial(_marker_of, marker, b"other bytes", 0),
                Fault.MARKER_WRONG_COUNT: partial(_marker_of, marker, data.content(), 1),
            }[fault]
            return [
                proper[0],
                Step(at, marker.name, wrong, fault, good_at),
                Step(good_at, marker.name, marker.content),
            ]
        if fault is Fault.APPEARS_LATE:
            good_at = at + luck.randint(1, 3) * DAY
            absent = Step(at, data.name, None, fault, good_at)
            return [absent, *(Step(good_at, file.name, file.content) for file in delivery)]
        if fault is Fault.APPEARS_TWICE:
            again_at, stem = at + luck.choice((1, 25)) * HOURS, PurePath(data.name).stem
            day, number = (at - timedelta(microseconds=1)).date(), luck.randrange(10)
            other = luck.choice(SECOND_NAMES[self.source]).format(day=day, stem=stem, number=number)
            return [*proper, *_renamed(delivery, other, again_at, fault, datetime.max)]
        if fault is Fault.RENAMED:
            good_at, other = at + DAY, f"导出文件-{luck.randrange(1000)}"
            gone = [Step(good_at, step.name, None) for step in _renamed(delivery, other, at, fault, good_at)]
            shown = _renamed(delivery, other, at, fault, good_at)
            return [*shown, *gone, *(Step(good_at, file.name, file.content) for file in delivery)]
        if fault is Fault.HALF_WRITTEN:
            half = partial(damage.beginning, data.content())
            return [
                Step(at, data.name, half, fault, good_at),
                *(Step(good_at, f.name, f.content) for f in delivery),
            ]
        return self._of_other_bytes(delivery, fault) or proper

    def _of_other_bytes(self, delivery: list[OutboxFile], fault: Fault) -> list[Step]:
        """The delivery in other bytes (with a marker that fits them) and right a day later; nothing where it cannot be."""
        data, at = delivery[0], delivery[0].appears_at
        content = data.content()
        if fault is Fault.OTHER_ENCODING:
            other = damage.as_unmarked_utf8(content)
        elif fault is Fault.COLUMN_RENAMED:
            other = damage.with_renamed_column(data.name, content)
        else:
            other = damage.without_last_rows(data.name, content)
        if other == content:
            return []
        steps = [Step(at, data.name, lambda: other, fault, at + DAY)]
        if len(delivery) == 2:
            lost = len(damage.csv_records(content)) - len(damage.csv_records(other))
            steps.append(Step(at, delivery[1].name, partial(_marker_of, delivery[1], other, -lost)))
        return [*steps, *(Step(at + DAY, file.name, file.content) for file in delivery)]

    def _links(self, day: date, until: datetime) -> Iterator[Step]:
        """A link a day, from noon to noon, with a marker that fits what it points to."""
        while midnight(day) < until:
            at, good_at = midnight(day) + 12 * HOURS, midnight(day) + 36 * HOURS
            if self.faults.strikes(Fault.SYMLINK, self.source, day, good_at=good_at):
                name = LINK_NAMES[self.source].format(day=day)
                yield Step(at, name, lambda: OUTSIDE, Fault.SYMLINK, good_at, is_link=True)
                yield Step(good_at, name, None)
                if self.source == "hotline":
                    marker = f"{PurePath(name).stem}.ok"
                    digest = hashlib.sha256(OUTSIDE).hexdigest()
                    yield Step(at, marker, f"0 {digest}\n".encode)
                    yield Step(good_at, marker, None)
            day += DAY


def _deliveries(files: Iterable[OutboxFile]) -> Iterator[list[OutboxFile]]:
    """Each file with the marker that follows it; its bytes are made once, however often they are written."""
    delivery: list[OutboxFile] = []
    for file in files:
        file = OutboxFile(file.name, file.appears_at, Once(file.content))
        if delivery and PurePath(file.name).suffix == ".ok":
            yield [*delivery, file]
            delivery = []
        else:
            if delivery:
                yield delivery
            delivery = [file]
    if delivery:
        yield delivery


def _renamed(
    delivery: list[OutboxFile], stem: str, at: datetime, fault: Fault, seen_until: datetime
) -> list[Step]:
    """The delivery under another name; the fault is counted with its first file alone."""
    return [
        Step(at, f"{stem}{PurePath(file.name).suffix}", file.content, None if number else fault, seen_until)
        for number, file in enumerate(delivery)
    ]


def _marker_of(marker: OutboxFile, content: bytes, more_rows: int) -> bytes:
    """A marker that names the bytes, and so many rows more than the right one."""
    rows = int(marker.content().split()[0])
    return f"{rows + more_rows} {hashlib.sha256(content).hexdigest()}\n".encode()
