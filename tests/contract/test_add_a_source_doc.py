"""docs/add-a-source.md is run as it stands, in a copy of the project, and lists every key and parser there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import get_args

import pytest

from pipelines.contracts import (
    ColumnContract,
    Envelope,
    FilesDelivery,
    Outcome,
    RestDelivery,
    SourceContract,
    Status,
)
from pipelines.contracts import sources as contract_sources
from pipelines.contracts.base import Strict
from pipelines.contracts.channels import NewChannel
from pipelines.contracts.delivery import ApiKeyAuth, DatabaseDelivery, Parameters, TitleText
from pipelines.settings import PROJECT_ROOT
from tests.new_sources import EXAMPLES

PAGE = (PROJECT_ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
COPIED = ("pipelines", "sql", "schemas", "cities", "examples/sources", "tests/fixtures/new_sources")
MODELS: tuple[type[Strict], ...] = (
    SourceContract, ColumnContract, FilesDelivery, RestDelivery, DatabaseDelivery, Envelope, Parameters, ApiKeyAuth,
    TitleText, NewChannel, contract_sources.ChannelRule, contract_sources.ScopeRule, contract_sources.StatusRule,
    contract_sources.OutcomeRule, contract_sources.ValueRule,
)  # fmt: skip


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the page's commands print, run one after another in a copy of the project."""
    copy = tmp_path_factory.mktemp("project")
    for name in COPIED:
        shutil.copytree(PROJECT_ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = copy / "bin" / "clearance"
    command.parent.mkdir()
    command.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(copy)!r})\n"
        "from pipelines.cli import main\nmain()\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "CLEARANCE_"))
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks("sh"))],
        cwd=copy,
        env={
            **kept,
            "PATH": f"{command.parent}:{kept.get('PATH', '')}",
            "COLUMNS": "200",
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "expected",
    [
        "mailbox: 7 rows in 1 new deliveries",
        "published 2023-08-31_r01",
        "市长信箱",
        "SX2023080107",
        "hotline_handle",
        "2023-08-31: 2023-08-31_r01 in",
    ],
)
def test_the_commands_run_and_show_what_the_page_says(printed: str, expected: str) -> None:
    assert expected in printed


def test_the_pieces_of_yaml_are_those_of_the_example() -> None:
    example = (EXAMPLES / "mailbox.yml").read_text(encoding="utf-8")
    pieces = blocks("yaml")
    assert len(pieces) == 5
    for piece in pieces:
        assert textwrap.dedent(piece) in example, f"the example does not hold:\n{piece}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_explained(model: type[Strict]) -> None:
    keys = {entry.alias or name for name, entry in model.model_fields.items()} - {"digest"}
    missing = sorted(key for key in keys if f"`{key}`" not in PAGE)
    assert not missing, f"docs/add-a-source.md does not explain {missing}"


def test_every_parser_status_and_outcome_is_explained() -> None:
    missing = [name for name in contract_sources.known_parsers() if f"`{name}`" not in PAGE]
    missing += [
        name for name in (*get_args(Status), *get_args(Outcome)) if not re.search(rf"\b{name}\b", PAGE)
    ]
    assert not missing, f"docs/add-a-source.md does not explain {missing}"


def test_what_a_mistake_says_is_what_the_page_shows(tmp_path: Path) -> None:
    from pipelines.contracts import load_sources
    from pipelines.errors import ContractError
    from tests.new_sources import Deployment

    deployment = Deployment(tmp_path)
    deployment.add("mailbox")
    file = deployment.schemas / "sources" / "mailbox.yml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("unmarked_encoding", "encoding"), encoding="utf-8"
    )
    with pytest.raises(ContractError) as caught:
        load_sources(deployment.schemas)
    shown = blocks("text")[0].splitlines()[0].removesuffix(" (allowed: …)")
    assert str(caught.value).startswith(shown)
