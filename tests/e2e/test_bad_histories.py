"""What a source states and cannot all be true: each row is quarantined or flagged, counted, and shown in `checks`."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.store import open_published

COLUMNS = (
    "ajbh", "ajly", "djsj", "slsj", "lasj", "yqsj", "jasj", "tsr", "zjhm", "lxdh", "dwmc", "tyshxydm", "xmmc", "xzqh", "dz",
    "qxje", "qxrs", "qxqsny", "qxzzny", "zfje", "zfrs", "ajzt", "jaxs", "nr", "ylbh", "cbdw", "scbz", "gxsj",
)  # fmt: skip


def case(number: int, changed: str = "2023-08-09 09:00:00", **values: str) -> dict[str, str]:
    usual = {
        "ajbh": f"AJ20230805{number:02d}", "ajly": "1", "djsj": "2023-08-08 10:05:00", "slsj": "2023-08-09 09:00:00",
        "lasj": "2023-08-09 09:00:00", "dwmc": f"宁夏虚构第{number}建筑工程有限公司", "xzqh": "640106", "ajzt": "04",
        "nr": "干完活不给工钱。", "scbz": "0", "gxsj": f"{changed}.500000",
    }  # fmt: skip
    return dict.fromkeys(COLUMNS, "") | usual | values


CLOSED = {"ajzt": "06", "jaxs": "1", "jasj": "2023-08-20 16:00:00"}
ROWS = [
    case(1),
    case(2, **CLOSED | {"jasj": "2023-08-07 16:00:00"}),  # closed before it was received
    case(3, slsj="2023-08-01 09:00:00", lasj=""),  # accepted before it was received
    case(4, "2023-08-20 16:00:00", **CLOSED),
    case(4, "2023-08-23 16:00:00", **CLOSED | {"jasj": "2023-08-22 16:00:00"}),  # a second closing
    case(5, "2023-03-02 09:00:00", djsj="2023-03-01 09:00:00", slsj="2023-03-01 10:00:00", lasj="2023-03-01 11:00:00"),
    case(
        5, "2023-08-21 09:00:00", djsj="2023-03-01 09:00:00", slsj="2023-03-01 10:00:00", lasj="2023-03-01 11:00:00",
        yqsj="2023-09-30 00:00:00",
    ),  # an extension two months after the limit
    case(6, "2023-08-24 09:00:00", **CLOSED | {"jasj": "2023-11-30 16:00:00"}),  # closed in the future
    case(7, djsj="3021-08-08 10:05:00"),
    case(8, djsj="2023-08-08T02:05:00+00:00"),  # a time zone in one row
    case(9, xzqh="虚构新区"),  # a division that was renamed
    case(10, yqsj="3023-09-30 00:00:00"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad")
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(ROWS)
    file = root / "ldjc_aj.csv"
    file.write_text(out.getvalue(), encoding="utf-8")
    for arguments in (
        ["import", "regional", str(file), "--as-of", "2023-08-31"],
        ["publish", "--date", "2023-08-31"],
    ):
        result = CliRunner().invoke(app, ["--workspace", str(root / "workspace"), *arguments])
        assert result.exit_code == 0, result.output
    return root / "workspace" / "published" / "latest"


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with open_published(folder / "clearance.duckdb") as connection:
        return connection.execute(query).fetchall()


def test_what_cannot_be_booked_is_quarantined_with_its_reason(folder: Path) -> None:
    assert rows(folder, "select ticket_no, reason from clearance.quarantine order by ticket_no") == [
        ("AJ2023080502", "closed_before_received"),
        ("AJ2023080507", "impossible_received_at"),
        ("AJ2023080509", "unknown_division"),
    ]


def test_what_can_is_kept_and_flagged(folder: Path) -> None:
    flags = dict(rows(folder, "select ticket_no, flags from clearance.tickets where flags <> ''"))
    for number, flag in (
        (3, "accepted_before_received"), (4, "closed_twice"), (5, "extended_after_deadline"), (6, "dated_ahead"), (10, "due_too_far"),
    ):  # fmt: skip
        assert flag in flags[f"AJ20230805{number:02d}"].split(","), (number, flags)
    assert "AJ2023080501" not in flags and "AJ2023080508" not in flags
    assert rows(folder, "select received_at from clearance.tickets where ticket_no = 'AJ2023080508'") == [
        (datetime(2023, 8, 8, 10, 5),)
    ], "a stated zone is converted to Beijing time"
    assert rows(folder, "select closed_at from clearance.tickets where ticket_no = 'AJ2023080504'") == [
        (datetime(2023, 8, 22, 16),)
    ], "the closing stated last"
    assert rows(folder, "select is_open from clearance.tickets where ticket_no = 'AJ2023080506'") == [(True,)]


def test_each_is_counted_in_the_checks(folder: Path) -> None:
    found = dict(
        rows(
            folder,
            "select check_name, observed from clearance.checks where status = 'warned' and subject = 'audit'",
        )
    )
    expected = dict.fromkeys(
        (
            "acceptance_follows_receipt", "closed_once", "extensions_are_in_time", "dates_are_not_ahead", "deadlines_are_possible",
            "closings_follow_receipts", "receipts_are_possible", "divisions_are_known",
        ),
        1,
    )  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected
    assert "suspensions_end" not in found
