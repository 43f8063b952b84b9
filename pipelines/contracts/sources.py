"""A source system: what it delivers, column by column, and what its codes mean (schemas/sources/NAME.yml)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from pipelines.contracts.base import NAME_PATTERN, Privacy, Strict, read_yaml, refused, schemas_root
from pipelines.contracts.channels import LATER, Channel, NewChannel, join_channels
from pipelines.contracts.delivery import Delivery, WindowedDelivery
from pipelines.contracts.tables import FieldContract, load_fields
from pipelines.errors import ContractError
from pipelines.settings import PROJECT_ROOT

Status = Literal[
    "received", "accepted", "handling", "closed", "returned", "withdrawn", "reopened", "suspended"
]
ChannelName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
# A column's text becomes a value by its codes, not by a macro.
CODE_PARSER = "code"
# What every ticket of a source must state itself.
KEY_FIELDS = ("ticket_no", "received_at", "status_text")


class ColumnContract(Strict):
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

    @field_validator("parser")
    @classmethod
    def _known_parser(cls, value: str) -> str:
        if value not in known_parsers():
            raise ValueError(f"there is no parser {value} (allowed: {', '.join(known_parsers())})")
        return value

    @model_validator(mode="after")
    def _codes_need_their_parser(self) -> Self:
        if bool(self.codes) != (self.parser == CODE_PARSER):
            raise ValueError("codes go with the parser code, and with it alone")
        return self


class ChannelRule(Strict):
    """The channel a row counts under: one for the source (`constant`), or by a column's code (`column`, `codes`).

    A channel that schemas/channels.yml does not know is brought by the source: `title` (with `clocks_like`, `order`,
    `report_as`) beside the constant, or an entry of `new` for each such channel among the codes.
    """

    constant: ChannelName | None = None
    title: str | None = None
    clocks_like: ChannelName | None = None
    order: int = LATER
    report_as: str | None = None
    column: str | None = None
    codes: dict[str, ChannelName] = Field(default_factory=dict)
    new: dict[ChannelName, NewChannel] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.constant is None) == (self.column is None) or (self.column is None) == bool(self.codes):
            raise ValueError("the channel is either one constant or a column with codes")
        own = {"title", "clocks_like", "order", "report_as"} & self.model_fields_set
        if own and (self.constant is None or self.title is None):
            raise ValueError(
                "title, clocks_like, order and report_as describe one new channel, a constant with a title"
            )
        unused = set(self.new) - set(self.codes.values())
        if unused:
            raise ValueError(f"new describes {', '.join(sorted(unused))}, which no code leads to")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The channels of this source, each once."""
        return (self.constant,) if self.constant else tuple(dict.fromkeys(self.codes.values()))

    @property
    def brings(self) -> Mapping[str, NewChannel]:
        """The channels that this source brings with their titles."""
        if self.constant is None or self.title is None:
            return self.new
        return {
            self.constant: NewChannel(
                title=self.title, clocks_like=self.clocks_like, order=self.order, report_as=self.report_as
            )
        }


class ScopeRule(Strict):
    """Which rows are wage matters: `column` has `level` among its levels, or starts with `prefix`."""

    column: str
    level: str | None = None
    separator: str = "_"
    prefix: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.level is None) == (self.prefix is None):
            raise ValueError("the scope is either a level or a prefix")
        return self


class ValueRule(Strict):
    """A column that holds one of `values`, or anything at all where none is named."""

    column: str
    values: tuple[str, ...] = ()


class StatusRule(Strict):
    """Native status to canonical status; `closed_by` is a second column that alone says what is closed."""

    column: str
    codes: dict[str, Status]
    closed_by: ValueRule | None = None


Outcome = Literal[
    "paid", "paid_by_agreement", "court", "police", "arbitration", "unfounded", "duplicate_of", "other"
]


class OutcomeRule(Strict):
    """Native code to outcome; a code mapped to null is known and says nothing."""

    column: str
    codes: dict[str, Outcome | None]


class SourceContract(Strict):
    """One source system: `schemas/sources/NAME.yml`.

    `constants` are fields that no column feeds and that are the same for every row: the division of an office that
    serves one, say. They are texts.
    """

    source: str = Field(pattern=NAME_PATTERN)
    title: str
    connection: str
    delivery: Delivery
    channel: ChannelRule
    columns: dict[str, ColumnContract]
    constants: dict[str, str] = Field(default_factory=dict)
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


@lru_cache(maxsize=4096)
def fold_header(header: str) -> str:
    """A header without spaces and line breaks, full-width letters made half-width, lower case."""
    folded = unicodedata.normalize("NFKC", header)
    return "".join(folded.replace("\ufeff", "").replace("\u200b", "").split()).casefold()


@cache
def _header_index(columns: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {fold_header(text): name for name, aliases in columns for text in (name, *aliases)}


@cache
def known_parsers() -> tuple[str, ...]:
    """The parsers a column may name: the macros sql/macros/parse_NAME.sql, and `code`."""
    macros = (path.stem.removeprefix("parse_") for path in (PROJECT_ROOT / "sql/macros").glob("parse_*.sql"))
    return tuple(sorted({CODE_PARSER, *macros} - {"number"}))


def load_sources(root: Path | None = None) -> dict[str, SourceContract]:
    """All sources by name, in order of name. Raises ContractError for a file that says something unknown."""
    root = root or schemas_root()
    stamps = []
    for path in (root / "fields.yml", root / "channels.yml", *sorted((root / "sources").glob("*.yml"))):
        state = path.stat() if path.is_file() else None
        stamps.append((path, state.st_mtime_ns if state else 0, state.st_size if state else 0))
    return dict(_load_sources(root, tuple(stamps)))


def channels(
    sources: Mapping[str, SourceContract] | None = None, root: Path | None = None
) -> dict[str, Channel]:
    """Every channel the sources feed (by default the loaded ones), in the order of all tables.

    The one origin of channels and their Chinese titles. Raises ContractError for a new channel without a title.
    """
    root = root or schemas_root()
    return join_channels(load_sources(root) if sources is None else sources, root)


@cache
def _load_sources(root: Path, stamps: tuple[tuple[Path, int, int], ...]) -> dict[str, SourceContract]:
    fields = load_fields(root)
    sources = {}
    for path, _, _ in stamps:
        if path.parent.name != "sources":
            continue
        content = path.read_bytes()
        try:
            contract = SourceContract(**read_yaml(path), digest=hashlib.sha256(content).hexdigest())
        except (ValidationError, TypeError) as error:
            raise refused("source", error, path) from error
        if contract.source != path.stem:
            raise ContractError(
                f"the file says source {contract.source}, its name {path.stem}", where=str(path)
            )
        _check_source(contract, fields, path)
        sources[contract.source] = contract
    join_channels(sources, root)
    return sources


def _check_source(contract: SourceContract, fields: dict[str, FieldContract], path: Path) -> None:
    named = [
        rule.column
        for rule in (contract.status, contract.status.closed_by, contract.scope, *contract.outcome)
        if rule is not None
    ]
    if contract.channel.column is not None:
        named.append(contract.channel.column)
    if isinstance(contract.delivery, WindowedDelivery):
        named.append(contract.delivery.order_column)
    for ruled in named:
        if ruled not in contract.columns:
            raise ContractError(
                f"a rule names the column {ruled}, which is not declared",
                where=str(path),
                remedy=f"declare it under columns, or name one of {', '.join(contract.columns)}",
            )
    for name, column in contract.columns.items():
        unknown = [field for field in column.fields if field not in fields]
        if unknown:
            raise ContractError(
                f"column {name} feeds the unknown field {unknown[0]}",
                where=str(path),
                remedy=f"the fields are {', '.join(fields)}",
            )
    for field in (*KEY_FIELDS, "division_text"):
        if not contract.columns_of(field) and field not in contract.constants:
            raise ContractError(
                f"no column feeds {field}: {fields[field].meaning}",
                where=str(path),
                remedy=f"write field: {field} at the column that holds it",
            )
    for field in contract.constants:
        if field not in fields or fields[field].type != "VARCHAR" or field in KEY_FIELDS:
            raise ContractError(f"{field} cannot be a constant: it is no text field", where=str(path))
        if contract.columns_of(field):
            raise ContractError(f"{field} is a constant and fed by a column as well", where=str(path))
