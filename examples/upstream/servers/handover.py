"""What a person hands over when an interface is down: each source's rows as files, everything sent so far.

National and regional rows are those that the daily pulls would have read: the state at the end of the first
publication day and of every day after it, each version once, old versions included. The other sources
deliver files anyway.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from examples.upstream.servers.national import as_json, page_json
from examples.upstream.servers.outbox import DAY, midnight, write_file
from examples.upstream.servers.upstream import FILE_SOURCES
from examples.upstream.servers.versions import Versions

if TYPE_CHECKING:
    from examples.upstream.model import City

FIRST_PULL = date(2023, 8, 29)
SMALL_PAGE, LARGE_PAGE = 200, 1000


def hand_over(
    city: City, folder: Path, until: datetime, first_pull: date = FIRST_PULL
) -> dict[str, list[Path]]:
    """Write the hand-over files of every source under `folder/SOURCE` and name them, by source.

    National: page objects whose `total` counts the distinct clues of all pages; regional: one CSV (UTF-8)
    in the order of `gxsj`; petition, hotline (CSV and `.ok`) and cyberspace: the outbox as it is at
    `until`. The bytes depend on the city and the arguments alone.
    """
    versions = {source: Versions.of_frame(frame) for source, frame in city.changes.items()}
    ends = _ends_of_days(first_pull, until)
    written = {
        "national": _national(versions["national"], folder / "national", ends),
        "regional": _regional(versions["regional"], folder / "regional", ends),
    }
    for source, (files_of, _) in FILE_SOURCES.items():
        written[source] = [
            write_file(folder / source, file.name, file.content(), file.appears_at)
            for file in files_of(versions[source], city.parameters.seed, datetime.min, until)
        ]
    return written


def _ends_of_days(first_pull: date, until: datetime) -> list[datetime]:
    """The instants of the daily pulls up to `until`: the ends of the days from the first on, and `until`
    itself.
    """
    ends = []
    end = midnight(first_pull + DAY)
    while end < until:
        ends.append(end)
        end += DAY
    return [*ends, until]


def _in_order_of(versions: Versions, column: str, ends: list[datetime]) -> list[int]:
    place = versions.index(column)
    return sorted(
        versions.seen_by_pulls(ends), key=lambda position: (versions.rows[position][place] or "", position)
    )


def _national(versions: Versions, folder: Path, ends: list[datetime]) -> list[Path]:
    positions = _in_order_of(versions, "updateTime", ends)
    numbers = [versions.rows[position][versions.index("clueCode")] for position in positions]
    total = len({number for number in numbers if number}) + sum(not number for number in numbers)
    size = LARGE_PAGE if len(positions) > LARGE_PAGE else SMALL_PAGE
    texts = [as_json(versions.columns, row) for row in versions.values(positions)]
    pages = range(max(1, -(-len(texts) // size)))
    return [
        write_file(
            folder,
            f"clues_{ends[-1] - DAY / 2:%Y%m%d}_page{page + 1:03d}.json",
            page_json(total, page + 1, size, texts[page * size : (page + 1) * size]).encode(),
            ends[-1],
        )
        for page in pages
    ]


def _regional(versions: Versions, folder: Path, ends: list[datetime]) -> list[Path]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(versions.columns)
    writer.writerows(
        ["" if value is None else value for value in row]
        for row in versions.values(_in_order_of(versions, "gxsj", ends))
    )
    return [
        write_file(folder, f"ldjc_aj_{ends[-1] - DAY / 2:%Y%m%d}.csv", text.getvalue().encode(), ends[-1])
    ]
