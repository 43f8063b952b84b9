"""A small office with pairs that wait for a person: one of each sort, published through the command line. All invented."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

from tests.quarantine_harness import Office, Sheets, clue, read, write

DAY = "2023-08-31"
ID, OTHER_ID = "11010519491231002X", "440524188001010014"
PHONES = [f"1390000000{number}" for number in range(10)]
HEADER = 2
"""The row of the worklist in which the columns are named, counted from 0."""
FIRST, SECOND = "宁夏昊源物流有限公司", "宁夏恒泰建筑工程有限公司"


def claim(number: str, name: str, phone: str, employer: str, yuan: int, **values: str) -> dict[str, Any]:
    return clue(number, reporterName=name, reporterPhone=phone, employerName=employer, arrearsMoney=str(yuan),
                summary="拖欠工资", **values)  # fmt: skip


def office_with_doubts(root: Path) -> Office:
    """Published on DAY: W1 and W2 joined; G1+G2 (small sums) and H1+H2 (large sums) wait; XSI120230801001 and …2 quote one another and
    state two valid IDs; S is a stranger to all.
    """
    root.mkdir(exist_ok=True)
    office = Office(root)
    office.national(
        "clues.json",
        [
            claim("XSW1", "张三丰", PHONES[0], SECOND, 18_000, arrearsFrom="2023-03", arrearsTo="2023-05"),
            claim("XSW2", "张先生", PHONES[0], SECOND, 18_000, arrearsFrom="2023-03", arrearsTo="2023-05"),
            claim("XSG1", "李四光", PHONES[1], FIRST, 7_500),
            claim("XSG2", "李四光", PHONES[2], FIRST, 20_300),
            claim("XSH1", "欧阳修远", PHONES[3], SECOND, 600_000),
            claim("XSH2", "欧阳修远", PHONES[4], SECOND, 900_000),
            claim("XSI120230801001", "王建国", PHONES[5], FIRST, 9_900, reporterIdCard=ID),
            claim("XSI120230801002", "王建国", PHONES[5], FIRST, 9_900, reporterIdCard=OTHER_ID, onceReported="1",
                  onceReportedNote="曾反映 XSI120230801001"),
            claim("XSS", "赵子龙", PHONES[6], "银川华晟食品有限公司", 3_000),
        ],
        DAY,
    )  # fmt: skip
    office.run("publish", "--date", DAY)
    return office


def copy_of(office: Office, root: Path) -> Office:
    """The same office in a folder of its own, for what changes it."""
    shutil.copytree(office.root, root, symlinks=True)
    copied = copy(office)
    copied.root, copied.city, copied.workspace = root, root / "city", root / "workspace"
    return copied


def blocks(sheets: Sheets) -> dict[str, dict[str, str]]:
    """The first row of each block of a worklist by its number (甲1), each by header."""
    header, *lines = sheets["待核对"][HEADER:]
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    return {row["序号"]: row for row in rows if row["核对码"]}


def judged(
    file: Path, to: Path, *changes: tuple[str, dict[str, str]], more: Sequence[dict[str, str]] = ()
) -> Path:
    """A copy of a worklist with cells of the first rows of blocks filled in, and rows added."""
    sheets = read(file)
    header = sheets["待核对"][HEADER]
    for number, cells in changes:
        line = next(line for line in sheets["待核对"][HEADER + 1 :] if line[0] == number)
        for title, value in cells.items():
            line[header.index(title)] = value
    sheets["待核对"] += [[row.get(title, "") for title in header] for row in more]
    return write(to, sheets)
