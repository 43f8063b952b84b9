"""`clearance rebuild` compares like with like: what was added since is left out, what was changed since is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import PROJECT_ROOT

CLUE = {
    "clueCode": "XS0001", "registerTime": "2023-08-30 09:00:00", "updateTime": "2023-08-30 09:00:00",
    "regionCode": "640104", "status": "10", "reporterName": "虚构人", "employerName": "宁夏虚构建筑有限公司",
}  # fmt: skip


def clearance(workspace: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--workspace", str(workspace), *arguments])
    return result.exit_code, result.output


def test_a_source_that_was_added_or_changed_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, schemas = tmp_path / "workspace", tmp_path / "schemas"
    shutil.copytree(PROJECT_ROOT / "schemas", schemas)
    monkeypatch.setenv("CLEARANCE_SCHEMAS", str(schemas))
    file = tmp_path / "clues_20230831.json"
    file.write_text(json.dumps([CLUE], ensure_ascii=False), encoding="utf-8")
    assert clearance(workspace, "import", "national", str(file))[0] == 0
    code, output = clearance(workspace, "publish", "--date", "2023-08-31")
    assert code == 0, output

    code, output = clearance(workspace, "rebuild")
    assert code == 0 and "since" not in output, output

    shutil.copy(PROJECT_ROOT / "examples" / "sources" / "mailbox.yml", schemas / "sources")
    code, output = clearance(workspace, "rebuild")
    assert code == 0 and "DIFFERENT" not in output, output
    assert "sources added since 2023-08-31_r01, left out here: mailbox" in output
    assert "changed since" not in output

    contract = schemas / "sources" / "national.yml"
    contract.write_text(contract.read_text(encoding="utf-8") + "\n# a later thought\n", encoding="utf-8")
    output = clearance(workspace, "rebuild")[1]
    assert "changed since 2023-08-31_r01: contracts (national" in output

    (schemas / "sources" / "mailbox.yml").unlink()
    (schemas / "sources" / "cyberspace.yml").unlink()
    code, output = clearance(workspace, "rebuild")
    assert code == 9 and "DIFFERENT  clearance_daily" in output
    assert "the contract of cyberspace is gone" in output and "are no fault" in output
