"""A source changes its form between two days: what the command line says, and that the said lines accept it."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts import load_sources
from pipelines.settings import PROJECT_ROOT
from pipelines.store import open_published

FIRST = date(2023, 8, 1)
DAYS = 6
ROWS = 35
LAST = FIRST + timedelta(days=DAYS)
Row = dict[str, str]


def clearance(workspace: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--workspace", str(workspace), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def work_orders(day: date) -> list[Row]:
    """A plain day of the hotline, all invented."""
    return [
        dict.fromkeys(load_sources()["hotline"].columns, "")
        | {
            "工单编号": f"GD{day:%Y%m%d}{number:05d}",
            "问题分类": "劳动和社会保障->拖欠工资->工程建设领域",
            "主要内容": "虚构：工地没有发工资",
            "工单状态": "办理中",
            "来电人": "测试丁",
            "来电号码": f"199{number:08d}",
            "被反映区": "金凤区",
            "来电时间": f"{day} 09:{number:02d}:00",
            "更新时间": f"{day} 11:00:00",
        }
        for number in range(ROWS)
    ]


def deliver(folder: Path, day: date, rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    file = folder / f"GD_{day:%Y%m%d}_01.csv"
    file.write_bytes(text.getvalue().encode("gb18030"))
    return str(file)


def changed(day: date) -> list[Row]:
    """A day with a new status code, a new column, a renamed column and a new way to write a time."""
    rows = work_orders(day)
    for number, row in enumerate(rows):
        row["工单状态"] = "待回访" if number < 4 else "办理中"
        row["来电时间"] = f"2023年8月{day.day}日" if number < 7 else row["来电时间"]
        row["承办街镇"] = "虚构街道"
        row["主要诉求内容"] = row.pop("主要内容")
    return rows


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("drift")
    files = [
        deliver(root, day, work_orders(day)) for day in (FIRST + timedelta(days=at) for at in range(DAYS))
    ]
    for arguments in (
        ("import", "hotline", *files),
        ("publish", "--date", (LAST - timedelta(days=1)).isoformat()),
        ("import", "hotline", deliver(root, LAST, changed(LAST))),
        ("publish", "--date", LAST.isoformat()),
    ):
        code, output = clearance(root / "workspace", *arguments)
        assert code == 0, output
    return root / "workspace"


def test_the_command_names_each_change_with_its_number_and_its_line(workspace: Path) -> None:
    code, output = clearance(workspace, "drift", "hotline")
    assert code == 0 and "测试丁" not in output and "1990000" not in output
    assert f"5 drift findings, 5 new ({DAYS} days with deliveries before)" in output
    for line in (
        "new  unknown_code: 工单状态 · 待回访 — a code that the contract does not know",
        "4 of 35 rows (11.4%, before 0.0%)",
        "schemas/sources/hotline.yml → status: → codes: → 待回访: handling   # choose one of received, accepted",
        "new  new_date_shape: 来电时间 · 9999年9月9日",
        "7 of 35 rows (20.0%, before 0.0%)",
        "nothing to do: the parser timestamp reads it",
        "schemas/sources/hotline.yml → columns: → 承办街镇: {parser: text}",
        "new  vanished_column: 主要内容 · 主要诉求内容",
        "aliases: [诉求内容, 反映内容, 问题描述, 主要诉求内容]}",
    ):
        assert line in output, output


def test_the_day_before_and_sources_that_delivered_nothing_are_quiet(workspace: Path) -> None:
    code, output = clearance(workspace, "drift", "--date", (LAST - timedelta(days=1)).isoformat())
    assert code == 0
    assert "hotline 12345便民服务工单: no drift" in output
    assert "petition 信访信息系统导出: delivered nothing for the day" in output
    code, output = clearance(workspace, "drift", "mayor")
    assert code == 2 and "known sources: cyberspace, hotline" in " ".join(output.split())


def test_drift_is_a_warning_and_no_part_of_the_content(workspace: Path) -> None:
    with open_published(workspace / "published" / "latest" / "clearance.duckdb") as connection:
        check = "select observed, status, is_blocking from clearance.checks where check_name = 'drift'"
        assert connection.execute(f"{check} and subject = 'hotline'").fetchall() == [(5, "warned", False)]
        assert connection.execute(f"{check} and subject = 'national'").fetchall() == [(0, "passed", False)]
    manifest = json.loads((workspace / "published/latest/manifest.json").read_text(encoding="utf-8"))
    assert "content_hash" not in manifest["tables"]["drift"]
    assert (workspace / "published/latest/checks/drift.html").is_file()


def test_the_lines_it_says_are_accepted(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put into a copy of the contract as they are said, they leave nothing to say but the shape of the time."""
    _, output = clearance(workspace, "drift", "hotline")
    schemas = workspace.parent / "schemas"
    shutil.copytree(PROJECT_ROOT / "schemas", schemas, dirs_exist_ok=True)
    file = schemas / "sources/hotline.yml"
    text = file.read_text(encoding="utf-8")
    column_lines = set(re.findall(r"→ columns: → (\S+: \{.+\})$", output, re.MULTILINE))
    for line in column_lines:
        name = line.split(":")[0]
        kept = [old for old in text.splitlines() if not old.startswith(f"  {name}:")]
        kept.insert(kept.index("columns:") + 1, f"  {line}")
        text = "\n".join(kept)
    (status,) = re.findall(r"→ status: → codes: → (\S+: \w+)", output)
    (outcome,) = re.findall(r"→ outcome: → column: 工单状态 → codes: → (\S+: \w+)", output)
    text = text.replace("codes: {待签收: received", f"codes: {{{status}, 待签收: received")
    text = text.replace("codes: {不合理诉求: unfounded", f"codes: {{{outcome}, 不合理诉求: unfounded")
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("CLEARANCE_SCHEMAS", str(schemas))
    contract = load_sources()["hotline"]
    assert contract.declared_name("主要诉求内容") == "主要内容"
    assert contract.declared_name("承办街镇") == "承办街镇"
    assert contract.status.codes["待回访"] == "handling"
    day = LAST + timedelta(days=1)
    for arguments in (
        ("import", "hotline", deliver(workspace.parent, day, changed(day))),
        ("publish", "--date", day.isoformat()),
    ):
        code, said = clearance(workspace, *arguments)
        assert code == 0, said
    code, output = clearance(workspace, "drift", "hotline", "--date", day.isoformat())
    assert code == 0 and "unknown_code" not in output and "vanished_column" not in output
    assert "new_column" not in output


def test_a_required_column_under_another_name_is_refused_with_its_line(workspace: Path) -> None:
    rows = work_orders(LAST)
    for row in rows:
        row["来电日期"] = row.pop("来电时间")
    code, output = clearance(
        workspace, "import", "hotline", deliver(workspace.parent, LAST + timedelta(days=9), rows)
    )
    said = " ".join(output.split())
    assert code == 5
    assert "required columns are missing: 来电时间; unknown headers: 来电日期" in said
    assert "aliases: [受理时间, 登记时间, 创建时间, 来电日期]}" in said
