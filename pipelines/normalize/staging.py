"""Landed rows to `stage.rows`: one typed row for every row a source sent, with its disposition and reason.

The SQL is made from the contract: each column's named parser is a macro in sql/macros/, its codes a mapping. A row
is typed once, when its delivery is first seen; nothing here looks at other deliveries.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import registry
from pipelines.contracts import ColumnContract, SourceContract, load_fields
from pipelines.errors import ContractError
from pipelines.settings import City
from pipelines.store import Workspace, quote_identifier, quote_literal, read_sql, run_sql, sql_names

TYPED_PARSERS = {"timestamp", "money_yuan", "money_wan", "count", "month", "flag", "code"}
BASE_MACROS = ("macros/clean_text", "macros/parse_number", "macros/is_valid_id_number")
SUSPICIOUS = (
    r"^[=+@]|^-\D|<\s*/?\s*(script|iframe|img|svg)\b|javascript:"
    r"|(drop|delete|insert|update|union)\s+(table|from|into|select|all)\b"
)


@dataclass(frozen=True)
class Landed:
    """What staging needs to know of a delivery (the landing's manifest holds more)."""

    delivery_id: str
    source: str
    delivered_for: date
    name: str
    order_key: str
    kind: str
    rows: int
    control_total: int | None
    control_total_agrees: bool | None
    changed_at: datetime | None
    window_since: datetime | None
    window_before: datetime | None
    is_handed_over: bool
    sha256: str
    rows_file: Path
    columns: tuple[str, ...]
    covers: date | None = None
    corrects: tuple[tuple[str, int, datetime], ...] = ()
    """For a correction: delivery, row and change time of the row that each of its rows stands for."""


def prepare(connection: duckdb.DuckDBPyConnection, city: City) -> None:
    """Load the macros and the city's divisions; make the staging tables where they are missing."""
    for name in BASE_MACROS:
        run_sql(connection, name)
    for name in sql_names("macros"):
        if name not in BASE_MACROS:
            run_sql(connection, name)
    _load_divisions(connection, city)
    registry.create_missing_tables(connection)
    for name in (
        "create_deliveries", "add_covers", "create_corrections", "create_rows", "create_prose",
        "create_prose_reading", "create_name_sets", "create_names",
    ):  # fmt: skip
        run_sql(connection, f"staging/{name}")


def stage(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    city: City,
    contracts: dict[str, SourceContract],
    deliveries: Iterable[Landed],
) -> int:
    """Type the rows of deliveries that are not staged yet. Returns how many rows were added."""
    done = {row[0] for row in connection.execute("select delivery_id from stage.deliveries").fetchall()}
    groups: dict[tuple[str, tuple[str, ...]], list[Landed]] = defaultdict(list)
    for delivery in deliveries:
        if delivery.delivery_id not in done:
            groups[(delivery.source, delivery.columns)].append(delivery)
    added = 0
    for (source, columns), group in sorted(groups.items()):
        if source not in contracts:
            raise ContractError(
                f"the landing holds deliveries of {source}, for which there is no contract",
                where="schemas/sources",
                remedy=f"put {source}.yml back",
            )
        connection.execute("begin")
        _register(connection, group)
        statement = staging_sql(
            contracts[source],
            columns,
            workspace.scan([item.rows_file for item in group], with_filename=True),
            city,
        )
        connection.execute(statement)
        connection.execute("commit")
        added += sum(item.rows for item in group)
    return added


def staging_sql(contract: SourceContract, columns: Sequence[str], scan: str, city: City) -> str:
    """The insert into stage.rows for deliveries of one source that share a column list."""
    present = {column for column in columns if not column.startswith("_")} - {"row_no"}
    expressions = {field: _field(contract, field, present) for field in load_fields()}
    unused = [name for name, column in contract.columns.items() if not column.fields and name in present]
    scope = _scope(contract, present)
    return read_sql("staging/template").format(
        scan=scan,
        source=_text(contract.source),
        fields=",\n        ".join(f"{expression} as {field}" for field, expression in expressions.items()),
        native_status=_column(contract.status.column, present),
        status=_status(contract, present),
        outcome=_outcome(contract, present),
        channel=_channel(contract, present),
        in_scope=scope,
        ticket_no_raw=_first(contract, "ticket_no", present),
        received_raw=_first(contract, "received_at", present, parser="parse_timestamp"),
        closed_raw=_first(contract, "closed_at", present),
        source_due_raw=_first(contract, "source_due_at", present, parser="parse_timestamp"),
        flags=",\n            ".join(_flags(contract, present)),
        unused=", ".join(f"clean_text({quote_identifier(name)})" for name in unused) or "null",
        strip_prefixes=_strip_prefixes(city.prefixes),
        suspicious=_text(SUSPICIOUS),
        first_year=city.first_receipt_year,
        texts=", ".join(
            quote_identifier(name)
            for name in contract.columns
            if name in present and contract.columns[name].parser in ("text", "person_name")
        )
        or "null",
    )


def _field(contract: SourceContract, field: str, present: set[str]) -> str:
    names = [name for name in contract.columns_of(field) if name in present]
    kind = load_fields()[field].type
    if field in contract.constants:
        return _text(contract.constants[field])
    if not names:
        return f"cast(null as {kind})"
    parsed = [_parsed(contract.columns[name], name, kind) for name in names]
    if field == "quoted":
        return (
            "list_concat(" + ", ".join(f"coalesce({part}, [])" for part in parsed) + ")"
            if len(parsed) > 1
            else parsed[0]
        )
    return f"coalesce({', '.join(parsed)})" if len(parsed) > 1 else parsed[0]


def _parsed(column: ColumnContract, name: str, kind: str) -> str:
    raw = quote_identifier(name)
    if column.parser == "code":
        return f"cast({_codes(raw, column.codes)} as {kind})"
    return f"parse_{column.parser}({raw})"


def _codes(raw: str, codes: dict[str, str | bool | None]) -> str:
    branches = " ".join(
        f"when {_text(code)} then {'null' if value is None else _text(str(value).lower() if isinstance(value, bool) else value)}"
        for code, value in codes.items()
    )
    return f"case clean_text({raw}) {branches} end"


def _status(contract: SourceContract, present: set[str]) -> str:
    rule = contract.status
    status = _codes(quote_identifier(rule.column), dict(rule.codes)) if rule.column in present else "null"
    # An unknown status is kept, flagged and open: nothing is closed that no code says is closed.
    status = f"coalesce({status}, 'handling')"
    if rule.closed_by is not None and rule.closed_by.column in present:
        values = ", ".join(_text(value) for value in rule.closed_by.values)
        stated = f"clean_text({quote_identifier(rule.closed_by.column)})"
        closed = f"{stated} in ({values})" if values else f"{stated} is not null"
        status = f"case when {closed} and {status} <> 'reopened' then 'closed' else {status} end"
    return status


def _outcome(contract: SourceContract, present: set[str]) -> str:
    parts = [
        _codes(quote_identifier(rule.column), dict(rule.codes))
        for rule in contract.outcome
        if rule.column in present
    ]
    return (
        f"coalesce({', '.join(parts)})"
        if len(parts) > 1
        else (parts[0] if parts else "cast(null as varchar)")
    )


def _channel(contract: SourceContract, present: set[str]) -> str:
    rule = contract.channel
    if rule.constant is not None:
        return _text(rule.constant)
    assert rule.column is not None
    return (
        _codes(quote_identifier(rule.column), dict(rule.codes))
        if rule.column in present
        else "cast(null as varchar)"
    )


def _scope(contract: SourceContract, present: set[str]) -> str:
    rule = contract.scope
    if rule is None or rule.column not in present:
        return "true"
    category = f"clean_text({quote_identifier(rule.column)})"
    if rule.prefix is not None:
        return f"({category} = {_text(rule.prefix)} or starts_with({category}, {_text(rule.prefix + rule.separator)}))"
    levels = f"list_transform(string_split({category}, {_text(rule.separator)}), lambda level: trim(level))"
    return f"list_contains({levels}, {_text(str(rule.level))})"


def _first(contract: SourceContract, field: str, present: set[str], parser: str | None = None) -> str:
    """The raw text of the first column that feeds a field (with `parser`: the first that can be read)."""
    names = [quote_identifier(name) for name in contract.columns_of(field) if name in present]
    if not names:
        return "cast(null as varchar)"
    if parser is None:
        return "coalesce(" + ", ".join(f"nullif(trim({name}), '')" for name in names) + ")"
    branches = " ".join(f"when {parser}({name}) is not null then {name}" for name in names)
    return f"case {branches} end"


def _flags(contract: SourceContract, present: set[str]) -> list[str]:
    flags = []
    known: dict[str, set[str]] = {contract.status.column: set(contract.status.codes)}
    for rule in contract.outcome:
        known.setdefault(rule.column, set()).update(rule.codes)
    if contract.channel.column is not None:
        known[contract.channel.column] = set(contract.channel.codes)
    for name, column in contract.columns.items():
        if name not in present:
            continue
        raw = quote_identifier(name)
        if name in known:
            codes = ", ".join(_text(code) for code in sorted(known[name]))
            flags.append(
                f"case when clean_text({raw}) not in ({codes}) then {_text('unknown_code:' + name)} end"
            )
        elif column.parser in TYPED_PARSERS and "received_at" not in column.fields:
            value = _parsed(column, name, "varchar")
            kind = "unknown_code:" if column.parser == "code" else "unreadable:"
            test = (
                f"clean_text({raw}) not in ({', '.join(_text(code) for code in column.codes)})"
                if column.parser == "code"
                else f"clean_text({raw}) is not null and {value} is null"
            )
            flags.append(f"case when {test} then {_text(kind + name)} end")
        elif column.parser == "id_number":
            flags.append(
                f"case when clean_text({raw}) is not null and not contains({raw}, '*') "
                f"and not is_valid_id_number(parse_id_number({raw})) then 'invalid_id_number' end"
            )
        elif column.parser == "organisation_code":
            flags.append(
                f"case when clean_text({raw}) is not null "
                f"and not is_valid_organisation_code(parse_organisation_code({raw})) then 'invalid_employer_code' end"
            )
        elif column.parser == "phone":
            flags.append(f"case when regexp_matches(trim({raw}), '[eE]\\+') then 'phone_lost_to_excel' end")
    return flags or ["cast(null as varchar)"]


def _column(name: str, present: set[str]) -> str:
    return f"clean_text({quote_identifier(name)})" if name in present else "cast(null as varchar)"


def _strip_prefixes(prefixes: Sequence[str]) -> str:
    pattern = "^((" + "|".join(prefixes) + ")[_\\s]*)+"
    return _text(pattern)


def _text(value: str) -> str:
    return f"'{quote_literal(value)}'"


def _register(connection: duckdb.DuckDBPyConnection, group: Sequence[Landed]) -> None:
    rows = pa.Table.from_pylist(
        [
            {
                "delivery_id": item.delivery_id,
                "source": item.source,
                "delivered_for": item.delivered_for,
                "covers": item.covers or item.delivered_for,
                "name": item.name,
                "order_key": item.order_key,
                "kind": item.kind,
                "rows": item.rows,
                "control_total": item.control_total,
                "control_total_agrees": item.control_total_agrees,
                "changed_at": item.changed_at,
                "window_since": item.window_since,
                "window_before": item.window_before,
                "is_handed_over": item.is_handed_over,
                "sha256": item.sha256,
                "rows_file": str(item.rows_file),
            }
            for item in group
        ],
        schema=pa.schema(
            [
                ("delivery_id", pa.string()),
                ("source", pa.string()),
                ("delivered_for", pa.date32()),
                ("covers", pa.date32()),
                ("name", pa.string()),
                ("order_key", pa.string()),
                ("kind", pa.string()),
                ("rows", pa.int64()),
                ("control_total", pa.int64()),
                ("control_total_agrees", pa.bool_()),
                ("changed_at", pa.timestamp("us")),
                ("window_since", pa.timestamp("us")),
                ("window_before", pa.timestamp("us")),
                ("is_handed_over", pa.bool_()),
                ("sha256", pa.string()),
                ("rows_file", pa.string()),
            ]
        ),
    )
    connection.register("arriving", rows)
    connection.execute("insert into stage.deliveries by name select * from arriving")
    connection.unregister("arriving")
    _register_corrections(connection, [item for item in group if item.corrects])


def _register_corrections(connection: duckdb.DuckDBPyConnection, group: Sequence[Landed]) -> None:
    for item in group:
        connection.execute("delete from stage.corrections where delivery_id = $1", [item.delivery_id])
        connection.executemany(
            "insert into stage.corrections values ($1, $2, $3, $4, $5)",
            [
                [item.delivery_id, row_no, delivery_id, corrected_row, changed_at]
                for row_no, (delivery_id, corrected_row, changed_at) in enumerate(item.corrects, start=1)
            ],
        )


def _load_divisions(connection: duckdb.DuckDBPyConnection, city: City) -> None:
    path = city.directory / "divisions.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = [
        {"text": text, "division_code": row["code"]}
        for row in rows
        for text in (row["code"], row["name"], *filter(None, row["aliases"].split("|")))
    ]
    doubled = len(names) - len({entry["text"] for entry in names})
    if doubled:
        raise ContractError("one division name stands for two codes", where=str(path))
    divisions = [{"division_code": row["code"], "name": row["name"], "level": row["level"]} for row in rows]
    for table, content in (("core.divisions", divisions), ("core.division_names", names)):
        connection.register("arriving", pa.Table.from_pylist(content))
        connection.execute(f"create or replace table {table} as select * from arriving")
        connection.unregister("arriving")
