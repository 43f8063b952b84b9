"""Command lines that the product prints, parsed by its own parser: options, types and required arguments; and run."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import click
import typer
from typer.testing import CliRunner

from pipelines.cli import app


def parse(line: str) -> str:
    """Parse `clearance …` as the shell would hand it over, running nothing. Returns the command's name.

    Raises click.UsageError, or the error of a callback, where the real command would be refused.
    """
    program, *words = shlex.split(line)
    assert program == "clearance", line
    command: click.Command = typer.main.get_command(app)
    path = []
    while hasattr(command, "commands"):
        if not words or words[0] not in command.commands:
            raise click.UsageError(f"there is no clearance {' '.join([*path, *words[:1]])}")
        path.append(words[0])
        command = command.commands[words.pop(0)]
    command.make_context(" ".join(path), words)
    return " ".join(path)


def runner(workspace: Path, city: Path) -> Callable[..., str]:
    """A function that runs `clearance` with its arguments on a workspace and a city, and returns what it printed."""

    def clearance(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["--workspace", str(workspace), "--city", str(city), *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    return clearance
