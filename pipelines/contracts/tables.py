"""The fields of a ticket (schemas/fields.yml) and the published tables (schemas/tables/NAME.yml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from pipelines.contracts.base import Privacy, Strict, read_yaml, refused, schemas_root
from pipelines.errors import ContractError


class FieldContract(Strict):
    """One field of a ticket, as every source feeds it."""

    type: str
    privacy: Privacy
    zh: str
    meaning: str


class TableColumn(Strict):
    """One column of a published table."""

    type: str
    meaning: str
    zh: str
    unit: str = ""
    privacy: Privacy = "internal"


class TableContract(Strict):
    """One published table: `schemas/tables/NAME.yml`. Only its columns are ever published."""

    table: str
    title: str
    grain: str
    meaning: str
    key: tuple[str, ...]
    is_content: bool = True
    not_content: tuple[str, ...] = ()
    columns: dict[str, TableColumn]


def load_fields(root: Path | None = None) -> dict[str, FieldContract]:
    """The fields of a ticket by name, in their order."""
    return _fields((root or schemas_root()) / "fields.yml")


@cache
def _fields(path: Path) -> dict[str, FieldContract]:
    try:
        return {name: FieldContract(**entry) for name, entry in read_yaml(path).items()}
    except (ValidationError, TypeError) as error:
        raise refused("field", error, path) from error


def load_tables(root: Path | None = None) -> dict[str, TableContract]:
    """The published tables by name."""
    tables = {}
    for path in sorted(((root or schemas_root()) / "tables").glob("*.yml")):
        try:
            table = TableContract(**read_yaml(path))
        except (ValidationError, TypeError) as error:
            raise refused("table", error, path) from error
        if table.table != path.stem:
            raise ContractError(f"the file says table {table.table}, its name {path.stem}", where=str(path))
        tables[table.table] = table
    return tables
