"""What all contracts share: where they lie, how YAML is read, and errors that name the key and what is allowed."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError, model_validator

from pipelines.errors import ContractError
from pipelines.settings import PROJECT_ROOT, Frozen

# The safe loader in C where PyYAML was built with it: the contracts are read many times a day.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SCHEMAS_VARIABLE = "CLEARANCE_SCHEMAS"
NAME_PATTERN = r"^[a-z][a-z0-9_]*$"

Privacy = Literal["public", "internal", "personal"]


class Strict(Frozen):
    """A part of a contract: an unknown key is refused with the keys that are allowed."""

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        allowed = [
            field.alias or name for name, field in cls.model_fields.items() if field.exclude is not True
        ]
        for key in value:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, n=1)
                meant = f", did you mean {near[0]}?" if near else ""
                raise ValueError(f"unknown key {key}{meant} (allowed: {', '.join(allowed)})")
        return value


def schemas_root() -> Path:
    """The folder of the contracts: CLEARANCE_SCHEMAS, by default the project's schemas/; looked up at each call."""
    folder = os.environ.get(SCHEMAS_VARIABLE)
    return Path(folder) if folder else PROJECT_ROOT / "schemas"


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as a mapping. Raises ContractError where it is none, or says a key twice."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"cannot be read as YAML: {error}", where=str(path)) from error
    if not isinstance(content, dict):
        raise ContractError("the file is not a mapping", where=str(path))
    return content


def refused(what: str, error: ValidationError | TypeError, path: Path) -> ContractError:
    """The error for a contract that says something unknown: each complaint with the place of its key."""
    lines = [str(error)]
    if isinstance(error, ValidationError):
        lines = []
        for complaint in error.errors(include_url=False, include_input=False, include_context=False):
            place = ".".join(str(part) for part in complaint["loc"])
            message = complaint["msg"].removeprefix("Value error, ")
            if complaint["type"] == "string_type":
                message += " (a number or a date as text is written in quotes)"
            lines.append(f"{place}: {message}" if place else message)
    return ContractError(
        f"the {what} contract cannot be used: {'; '.join(lines)}",
        where=str(path),
        remedy="mend the file; see docs/add-a-source.md",
    )
