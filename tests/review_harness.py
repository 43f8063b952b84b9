"""A small office with pairs that wait for a person: one of each sort, published through the command line. All invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.quarantine_harness import Office, clue

DAY = "2023-08-31"
ID, OTHER_ID = "11010519491231002X", "440524188001010014"
PHONES = [f"1390000000{number}" for number in range(10)]
FIRST, SECOND = "宁夏昊源物流有限公司", "宁夏恒泰建筑工程有限公司"


def claim(number: str, name: str, phone: str, employer: str, yuan: int, **values: str) -> dict[str, Any]:
    return clue(number, reporterName=name, reporterPhone=phone, employerName=employer, arrearsMoney=str(yuan),
                summary="拖欠工资", **values)  # fmt: skip


def office_with_doubts(root: Path) -> Office:
    """Published on DAY: W1 and W2 joined; G1+G2 (small sums) and H1+H2 (large sums) wait; XSI120230801001 and …2 quote one another and
    state two valid IDs; S is a stranger to all.
    """
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
