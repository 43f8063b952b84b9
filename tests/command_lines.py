"""Command lines that the product prints, parsed by its own parser: options, types and required arguments."""

from __future__ import annotations

import shlex

import click
import typer

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
