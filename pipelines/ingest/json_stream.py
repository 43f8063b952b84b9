"""Rows of JSON written while they are read: blocks go through a pipe to DuckDB, which writes rows.parquet meanwhile.

Nothing in plain text is put on the disk, and no row is parsed twice. It is done where every row has the same keys; at
the first doubt the caller reads again in its other way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path

import duckdb

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused
from pipelines.ingest.json_plain import Look, NotPlain, looks
from pipelines.ingest.landing import NOT_THE_READERS_FAULT
from pipelines.ingest.limits import MAX_RECORD_BYTES
from pipelines.ingest.rows import Reading, landing_query, map_headers, refuse_too_many_rows
from pipelines.ingest.written_rows import counted_rows, write_while_read
from pipelines.store import quote_identifier, quote_literal

OPTIONS = f"format = 'newline_delimited', maximum_object_size = {MAX_RECORD_BYTES}"


def rows_scan(file: Path | str, headers: tuple[str, ...]) -> str:
    """The query of a reading: lines of objects, every value of the keys as text."""
    columns = ", ".join(f"'{quote_literal(header)}': 'VARCHAR'" for header in headers)
    names = ", ".join(f"{quote_identifier(header)} as c{at}" for at, header in enumerate(headers))
    return (
        f"select row_number() over () as row_no, {names}, cast(null as varchar) as _defect, "
        f"cast(null as varchar) as _surplus from read_json('{quote_literal(file)}', {OPTIONS}, columns = {{{columns}}})"
    )


def are_distinct(headers: tuple[str, ...]) -> bool:
    """Whether keys can be columns: none is empty, none differs from another in upper and lower case alone."""
    folded = {header.casefold() for header in headers}
    return len(folded) == len(headers) and "" not in folded and not any("\0" in key for key in headers)


def stream_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    name: str,
    blocks: Iterable[bytes],
    rows_file: Path,
) -> Reading | None:
    """Write the rows of `blocks` (one object a line) to `rows_file`; None where any of them is not plain."""
    with closing(looks(blocks, with_keys=True)) as found:
        try:
            first = next(found, None)
            if first is None or first.rows is None or not are_distinct(first.rows[0]):
                return None
            reading = Reading(headers=first.rows[0], query="", rows=0, written=rows_file)
            try:
                headers = map_headers(contract, reading.headers, name)
            except DeliveryRefused:
                return None
            rows = _Rows(contract.source, name, reading.headers)
            write_while_read(
                connection,
                lambda pipe: landing_query(
                    contract, replace(reading, query=rows_scan(pipe, reading.headers)), headers
                ),
                rows.taken(chain([first], found)),
                rows_file,
            )
        except NotPlain:
            return None
        except (duckdb.Error, UnicodeDecodeError) as error:
            if isinstance(error, NOT_THE_READERS_FAULT):
                raise
            return None
    if counted_rows(connection, rows_file) != (rows.count, True):
        return None
    return replace(reading, rows=rows.count)


class _Rows:
    """The rows on their way, counted before anybody parses them."""

    def __init__(self, source: str, name: str, headers: tuple[str, ...]) -> None:
        self.source, self.name, self.headers = source, name, headers
        self.count = 0

    def taken(self, found: Iterable[Look | None]) -> Iterator[bytes]:
        """The blocks. Raises NotPlain at the first one that holds something else than rows of the same keys."""
        for look in found:
            if look is None or look.has_replacements or look.may_be_deep:
                raise NotPlain
            if look.block != b"\n":
                if look.rows is None or look.rows[0] != self.headers:
                    raise NotPlain
                self.count += look.rows[1]
                refuse_too_many_rows(self.source, self.count, self.name)
            yield look.block if look.changed is None else look.changed
