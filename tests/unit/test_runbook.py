"""The runbook has a section for whatever can reach an engineer, and its commands exist."""

from __future__ import annotations

import re
import shlex

import click
import pytest
import typer

from pipelines import errors
from pipelines.cli import app
from pipelines.doctor import Heading
from pipelines.ingest.faults import FAULTS, UNEXPECTED
from pipelines.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
COMMANDS = sorted({" ".join(found.split()) for found in re.findall(r"`(clearance [^`]+)`", TEXT)})
ABSTRACT = {"ClearanceError", "SourceError"}


@pytest.mark.parametrize("heading", sorted({*Heading, *(item.heading for item in (*FAULTS, UNEXPECTED))}))
def test_every_heading_that_is_pointed_to_is_there(heading: str) -> None:
    section = SECTIONS[heading]
    for part in ("You see", "For the table", "First", "Mended when"):
        assert f"- **{part}**" in section, f"{heading} lacks '{part}'"


def test_every_error_has_a_section() -> None:
    names = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ClearanceError) and name not in ABSTRACT
    }
    firsts = {
        name for section in SECTIONS.values() for name in re.findall(r"`(\w+)`", section.split("- **")[0])
    }
    assert names <= firsts, names - firsts


def test_every_word_of_the_page_is_explained() -> None:
    assert [item.zh for item in FAULTS if item.zh not in TEXT] == []


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_parses(line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = typer.main.get_command(app)
    path = []
    while hasattr(command, "commands") and words:
        path.append(words[0])
        assert words[0] in command.commands, f"there is no clearance {' '.join(path)}"
        command = command.commands[words.pop(0)]
    known = {name for parameter in command.params for name in parameter.opts}
    asked = {word for word in words if word.startswith("--")}
    assert asked <= known, f"{line}: {asked - known}"
