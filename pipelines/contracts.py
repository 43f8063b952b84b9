"""The contracts in schemas/: what a source delivers, what a ticket's fields are, what a published table holds.

The only place that reads YAML. A source is one file, `schemas/sources/NAME.yml`; it names parsers (SQL macros in
sql/macros/) and maps codes, and holds no expressions. A published table is one file, `schemas/tables/NAME.yml`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from pipelines.errors import ContractError
from pipelines.settings import PROJECT_ROOT, Frozen

SCHEMAS_ROOT = PROJECT_ROOT / "schemas"
# The safe loader in C where PyYAML was built with it: the contracts are read many times a day.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Privacy = Literal["public", "internal", "personal"]
Status = Literal[
    "received", "accepted", "handling", "closed", "returned", "withdrawn", "reopened", "suspended"
]
Channel = Literal["national", "regional", "supervised", "direct", "petition", "hotline", "cyberspace"]
CHANNELS: tuple[Channel, ...] = (
    "national",
    "regional",
    "supervised",
    "direct",
    "petition",
    "hotline",
    "cyberspace",
)
CHANNEL_NAMES: dict[str, str] = {
    "national": "全国线索平台",
    "regional": "自治区转办",
    "supervised": "督办转办",
    "direct": "举报投诉",
    "petition": "信访",
    "hotline": "12345热线",
    "cyberspace": "网信",
}


class FieldContract(Frozen):
    """One field of a ticket, as every source feeds it."""

    type: str
    privacy: Privacy
    zh: str
    meaning: str


class ColumnContract(Frozen):
    """One column of a source. `field` may be one field, several, or none (kept in landing, not used)."""

    parser: str
    fields: tuple[str, ...] = Field(default=(), alias="field")
    aliases: tuple[str, ...] = ()
    required: bool = False
    privacy: Privacy | None = None
    codes: dict[str, str | bool | None] = Field(default_factory=dict)

    @field_validator("fields", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class ChannelRule(Frozen):
    """The channel a row counts under: one for the source, or by a column's code."""

    constant: Channel | None = None
    column: str | None = None
    codes: dict[str, Channel] = Field(default_factory=dict)


class ScopeRule(Frozen):
    """Which rows are wage matters: `column` has `level` among its levels, or starts with `prefix`."""

    column: str
    level: str | None = None
    separator: str = "_"
    prefix: str | None = None


class ValueRule(Frozen):
    column: str
    values: tuple[str, ...]


class StatusRule(Frozen):
    """Native status to canonical status; `closed_by` is a second column that alone says what is closed."""

    column: str
    codes: dict[str, Status]
    closed_by: ValueRule | None = None


class OutcomeRule(Frozen):
    """Native code to outcome; a code mapped to null is known and says nothing."""

    column: str
    codes: dict[str, str | None]


class SourceContract(Frozen):
    """One source system: `schemas/sources/NAME.yml`."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    connection: str
    delivery: dict[str, Any]
    channel: ChannelRule
    columns: dict[str, ColumnContract]
    status: StatusRule
    outcome: tuple[OutcomeRule, ...] = ()
    scope: ScopeRule | None = None
    is_campaign_source: bool = True
    since: date | None = None
    digest: str = ""

    def declared_name(self, header: str) -> str | None:
        """The declared column a header stands for (itself or an alias, spaces and full width folded), or None."""
        return self._by_header.get(fold_header(header))

    @property
    def _by_header(self) -> dict[str, str]:
        return _header_index(tuple((name, column.aliases) for name, column in self.columns.items()))

    @property
    def required_columns(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.required)

    def columns_of(self, field: str) -> tuple[str, ...]:
        """The columns that feed a field, in the order in which they are tried."""
        return tuple(name for name, column in self.columns.items() if field in column.fields)

    def missing_columns(self, declared: set[str]) -> tuple[str, ...]:
        """Required columns that a header lacks; a field that several columns feed needs one of them."""
        missing = []
        for name in self.required_columns:
            column = self.columns[name]
            substitutes = {other for field in column.fields for other in self.columns_of(field)}
            if name not in declared and not (substitutes & declared):
                missing.append(name)
        return tuple(missing)


def fold_header(header: str) -> str:
    """A header without spaces and line breaks, full-width letters made half-width, lower case."""
    folded = unicodedata.normalize("NFKC", header)
    return "".join(folded.replace("\ufeff", "").replace("\u200b", "").split()).casefold()


@cache
def _header_index(columns: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {fold_header(text): name for name, aliases in columns for text in (name, *aliases)}


class TableColumn(Frozen):
    """One column of a published table."""

    type: str
    meaning: str
    zh: str
    unit: str = ""
    privacy: Privacy = "internal"


class TableContract(Frozen):
    """One published table: `schemas/tables/NAME.yml`. Only its columns are ever published."""

    table: str
    title: str
    grain: str
    meaning: str
    key: tuple[str, ...]
    is_content: bool = True
    not_content: tuple[str, ...] = ()
    columns: dict[str, TableColumn]


def load_sources(root: Path = SCHEMAS_ROOT) -> dict[str, SourceContract]:
    """All sources by name, in order of name. Raises ContractError for a file that says something unknown."""
    fields = load_fields(root)
    sources = {}
    for path in sorted((root / "sources").glob("*.yml")):
        content = path.read_bytes()
        try:
            contract = SourceContract(**_yaml(path), digest=hashlib.sha256(content).hexdigest())
        except (ValidationError, TypeError) as error:
            raise ContractError(f"the source contract cannot be used: {error}", where=str(path)) from error
        if contract.source != path.stem:
            raise ContractError(
                f"the file says source {contract.source}, its name {path.stem}", where=str(path)
            )
        _check_source(contract, fields, path)
        sources[contract.source] = contract
    return sources


@cache
def load_fields(root: Path = SCHEMAS_ROOT) -> dict[str, FieldContract]:
    """The fields of a ticket by name, in their order."""
    return {name: FieldContract(**entry) for name, entry in _yaml(root / "fields.yml").items()}


def load_tables(root: Path = SCHEMAS_ROOT) -> dict[str, TableContract]:
    """The published tables by name."""
    tables = {}
    for path in sorted((root / "tables").glob("*.yml")):
        try:
            table = TableContract(**_yaml(path))
        except (ValidationError, TypeError) as error:
            raise ContractError(f"the table contract cannot be used: {error}", where=str(path)) from error
        if table.table != path.stem:
            raise ContractError(f"the file says table {table.table}, its name {path.stem}", where=str(path))
        tables[table.table] = table
    return tables


def load_yaml(path: Path) -> dict[str, Any]:
    """A data file of the city (clocks.yml) as a mapping."""
    return _yaml(path)


def _check_source(contract: SourceContract, fields: dict[str, FieldContract], path: Path) -> None:
    named = [
        rule.column
        for rule in (contract.status, contract.status.closed_by, contract.scope, *contract.outcome)
        if rule is not None
    ]
    if contract.channel.column is not None:
        named.append(contract.channel.column)
    for ruled in named:
        if ruled not in contract.columns:
            raise ContractError(f"a rule names the column {ruled}, which is not declared", where=str(path))
    for name, column in contract.columns.items():
        unknown = [field for field in column.fields if field not in fields]
        if unknown:
            raise ContractError(f"column {name} feeds the unknown field {unknown[0]}", where=str(path))
    for field in ("ticket_no", "received_at", "division_text", "status_text"):
        if not contract.columns_of(field):
            raise ContractError(f"no column feeds {field}", where=str(path))
    if (contract.channel.constant is None) == (contract.channel.column is None):
        raise ContractError("the channel is either one constant or a column with codes", where=str(path))


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise ContractError(f"cannot be read as YAML: {error}", where=str(path)) from error
    if not isinstance(content, dict):
        raise ContractError("the file is not a mapping", where=str(path))
    return content
