"""Files of a million rows for the benchmark: a small invented city's rows again and again, under new numbers."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from examples.upstream.model import CityParameters, build_city
from examples.upstream.servers import hand_over

Row = TypeVar("Row")
SMALL_CITY = 8000
END = datetime(2023, 9, 1)
PAGE_ROWS = 1000


def write_files(folder: Path, rows: int) -> dict[str, list[Path]]:
    """The hotline's rows as UTF-8 with a mark and as GB18030, the platform's as one array, as lines and as pages."""
    files = hand_over(build_city(CityParameters(tickets=SMALL_CITY)), folder / "small", END)
    header, orders = _work_orders(files["hotline"])
    clues = [
        row
        for file in files["national"]
        for row in json.loads(file.read_text(encoding="utf-8"))["data"]["rows"]
    ]
    marked, unmarked = folder / "GD_20230830_01.csv", folder / "GD_20230829_01.csv"
    for file, encoding in ((marked, "utf-8-sig"), (unmarked, "gb18030")):
        with file.open("w", encoding=encoding, newline="", errors="replace") as out:
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(header)
            writer.writerows([_numbered(row[0], turn), *row[1:]] for row, turn in _again(orders, rows))
    array, lines = folder / "clues_20230830.json", folder / "clues_20230829.jsonl"
    pages = []
    texts = (
        json.dumps(row | {"clueCode": _numbered(str(row.get("clueCode") or ""), turn)}, ensure_ascii=False)
        for row, turn in _again(clues, rows)
    )
    with array.open("w", encoding="utf-8") as one, lines.open("w", encoding="utf-8") as many:
        number = 0
        while batch := list(islice(texts, PAGE_ROWS)):
            number += 1
            one.write(("[" if number == 1 else ", ") + ", ".join(batch))
            many.write("".join(text + "\n" for text in batch))
            pages.append(folder / f"clues_20230828_page{number:05d}.json")
            pages[-1].write_text(
                f'{{"code":0,"message":"ok","data":{{"total":{rows},"pageNo":{number},"pageSize":{PAGE_ROWS},'
                f'"rows":[{",".join(batch)}]}}}}',
                encoding="utf-8",
            )
        one.write("]")
    return {"utf-8": [marked], "gb18030": [unmarked], "array": [array], "lines": [lines], "pages": pages}


def _work_orders(files: Sequence[Path]) -> tuple[list[str], list[list[str]]]:
    """The rows of the files whose header is the commonest one; whole rows alone."""
    tables = []
    for file in files:
        if file.suffix == ".csv":
            content = file.read_bytes()
            encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
            tables.append(list(csv.reader(io.StringIO(content.decode(encoding, "replace"), newline=""))))
    headers = [tuple(table[0]) for table in tables]
    header = list(Counter(headers).most_common(1)[0][0])
    return header, [
        row for table in tables if table[0] == header for row in table[1:] if len(row) == len(header)
    ]


def _again(rows: Sequence[Row], count: int) -> Iterator[tuple[Row, int]]:
    return ((rows[at % len(rows)], at // len(rows)) for at in range(count))


def _numbered(number: str, turn: int) -> str:
    """Another number for each turn: its last digits, which are counted on, come after the turn's own."""
    return number and f"{number[:-4]}{turn:03d}{number[-4:]}"
