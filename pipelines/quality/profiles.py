"""What a delivery looks like, in counts: filled and empty values, codes, shapes of times, undeclared columns.

A delivery is profiled once, in SQL, from its landed rows; `stage.profiles` keeps the counts. The profile is derived:
a rebuild makes the same again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from pipelines.contracts import SourceContract, load_fields
from pipelines.ingest.deliveries import MANIFEST, Delivery
from pipelines.normalize import Landed
from pipelines.store import Workspace, quote_identifier, quote_literal, read_sql, run_sql

# A business date is compared with the deliveries of the four weeks before: every weekday stands in them four times.
HISTORY_DAYS = 28
# Values of one column kept for one delivery; a column with more is no list of codes.
MOST_VALUES = 200
REST = "…"
# Made anew where the profile itself counts something else than before.
PROFILE_VERSION = "2"
CODE_PARSERS = ("code", "flag")


def profile(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, SourceContract],
    deliveries: Iterable[Landed],
    business_date: date,
) -> int:
    """Profile the deliveries of a business date and of the days it is compared with, each once.

    A delivery is counted again where its source's contract has changed since. Returns how many were counted.
    """
    run_sql(connection, "drift/create_profiles")
    done = set(
        connection.execute("select delivery_id, value from stage.profiles where kind = 'rows'").fetchall()
    )
    first = business_date - timedelta(days=HISTORY_DAYS)
    groups: dict[tuple[str, tuple[str, ...]], list[Landed]] = defaultdict(list)
    for delivery in deliveries:
        if not first <= delivery.delivered_for <= business_date or delivery.source not in contracts:
            continue
        if (delivery.delivery_id, profile_version(contracts[delivery.source])) not in done:
            groups[(delivery.source, delivery.columns)].append(delivery)
    for (source, columns), group in sorted(groups.items()):
        contract = contracts[source]
        connection.register("arriving_deliveries", _arriving(contract, group))
        scan = workspace.scan([item.rows_file for item in group], with_filename=True)
        connection.execute("begin")
        connection.execute(
            "delete from stage.profiles where delivery_id in (select delivery_id from arriving_deliveries)"
        )
        connection.execute(profile_sql(contract, columns, scan))
        connection.execute("commit")
        connection.unregister("arriving_deliveries")
    return sum(len(group) for group in groups.values())


def profile_version(contract: SourceContract) -> str:
    """What a profile depends on beside the rows: the contract says which columns hold codes and times."""
    return f"{PROFILE_VERSION}:{contract.digest[:16]}"


def profile_sql(contract: SourceContract, columns: Sequence[str], scan: str) -> str:
    """The insert into stage.profiles for deliveries of one source that share a column list."""
    declared = [name for name in contract.columns if name in columns]
    return read_sql("drift/template").format(
        scan=scan,
        source=_text(contract.source),
        empties=", ".join(f"count(*) - count({_filled(name)})" for name in declared),
        columns=", ".join(_text(name) for name in declared),
        codes=_union([_codes(name, scan) for name in code_columns(contract) if name in columns])
        or "select '' as filename, '' as column_name, '' as raw, 0 as count where false",
        shapes=_union([_shapes(name, scan) for name in time_columns(contract) if name in columns])
        or "select '' as filename, '' as column_name, '' as digits, 0 as count, '' as least_value, "
        "'' as greatest_value where false",
        most=MOST_VALUES,
        rest=_text(REST),
    )


def code_columns(contract: SourceContract) -> tuple[str, ...]:
    """The columns that hold codes: status, outcome, channel, what closes, and those with codes or yes and no."""
    ruled = {contract.status.column, *(rule.column for rule in contract.outcome)}
    if contract.channel.column is not None:
        ruled.add(contract.channel.column)
    if contract.status.closed_by is not None:
        ruled.add(contract.status.closed_by.column)
    return tuple(
        name for name, column in contract.columns.items() if name in ruled or column.parser in CODE_PARSERS
    )


def time_columns(contract: SourceContract) -> tuple[str, ...]:
    """The columns that hold a time."""
    return tuple(name for name, column in contract.columns.items() if column.parser == "timestamp")


def is_personal(contract: SourceContract, name: str) -> bool:
    """Whether a declared column may hold a person's data, by itself or by a field it feeds."""
    column = contract.columns[name]
    if column.privacy is not None:
        return column.privacy == "personal"
    return any(load_fields()[field].privacy == "personal" for field in column.fields)


def _filled(name: str) -> str:
    # What begins with a character after the blank is filled; only the rest has to be trimmed.
    value = quote_identifier(name)
    return f"case when {value} >= '!' then 1 when trim({value}) <> '' then 1 end"


def _codes(name: str, scan: str) -> str:
    return (
        f"select filename, {_text(name)} as column_name, {quote_identifier(name)} as raw, count(*) as count "
        f"from {scan} where {quote_identifier(name)} <> '' group by all"
    )


def _shapes(name: str, scan: str) -> str:
    # The usual shape is known from a cast, which costs a tenth of looking at every character.
    value = quote_identifier(name)
    digits = (
        f"case when length({value}) = 19 and {value}[5] = '-' and {value}[11] = ' ' "
        f"and try_cast({value} as timestamp) is not null then '9999-99-99 99:99:99' "
        f"else translate(left(trim({value}), 60), '012345678', '999999999') end"
    )
    return (
        f"select filename, {_text(name)} as column_name, {digits} as digits, count(*) as count, "
        f"min({value}) as least_value, max({value}) as greatest_value "
        f"from {scan} where trim({value}) <> '' group by all"
    )


def _union(parts: Sequence[str]) -> str:
    return "\n    union all\n    ".join(parts)


def _arriving(contract: SourceContract, group: Sequence[Landed]) -> pa.Table:
    entries = [
        {
            "delivery_id": item.delivery_id,
            "rows_file": str(item.rows_file),
            "rows": item.rows,
            "version": profile_version(contract),
            "absent": [name for name in _absent(item) if name in contract.columns],
        }
        for item in group
    ]
    return pa.Table.from_pylist(
        entries,
        schema=pa.schema(
            [
                ("delivery_id", pa.string()),
                ("rows_file", pa.string()),
                ("rows", pa.int64()),
                ("version", pa.string()),
                ("absent", pa.list_(pa.string())),
            ]
        ),
    )


def _absent(item: Landed) -> tuple[str, ...]:
    folder = item.rows_file.parent
    return Delivery.read(folder).missing_optional if (folder / MANIFEST).is_file() else ()


def _text(value: str) -> str:
    return f"'{quote_literal(value)}'"
