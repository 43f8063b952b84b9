"""A small office in memory: deliveries of versions in, publications out, through the real SQL of tickets and ledger.

Landing, files and checks are left out (they have tests of their own); what stands between a staged row and the book
is the product's own. Clocks are reduced to a due date a ticket may state (`source_due_at`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from pipelines import ledger, normalize, registry, resolve
from pipelines.contracts import channels
from pipelines.ledger.booking import Booking
from pipelines.settings import load_city
from pipelines.store import run_sql

Row = Mapping[str, Any]


@cache
def _prepared() -> duckdb.DuckDBPyConnection:
    """One connection for a test process: an Office begins by emptying it, so only one is in use at a time."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for schema in ("stage", "core", "registry", "clearance"):
        connection.execute(f"create schema {schema}")
    normalize.prepare(connection, load_city())
    connection.execute(
        "create table core.source_channels as "
        "select * from (values ('national', 'national'), ('hotline', 'hotline')) t(source, channel)"
    )
    return connection


class Office:
    """One city's office: `deliver` rows, `publish` days, `judge` pairs, look at the tables."""

    def __init__(self) -> None:
        self.connection = _prepared()
        registry.create_tables(self.connection)
        self.connection.execute("delete from stage.rows")
        self.connection.execute("delete from stage.deliveries")
        self.connection.execute("delete from stage.prose")
        self.deliveries: dict[str, date] = {}
        self.published: list[date] = []
        self.columns = {
            name: kind
            for name, kind in self.connection.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = 'stage' and table_name = 'rows'"
            ).fetchall()
        }

    def deliver(self, delivered_for: date, rows: Sequence[Row], source: str = "national") -> str:
        """Land rows (dicts of stage.rows' columns; defaults fill the rest). The same rows again are one delivery."""
        key = hashlib.sha256(
            repr((source, delivered_for, [sorted(row.items()) for row in rows])).encode()
        ).hexdigest()[:20]
        if key in self.deliveries:
            return key
        self.deliveries[key] = delivered_for
        staged = [self._row(key, number, source, delivered_for, row) for number, row in enumerate(rows, 1)]
        self.connection.execute(
            "insert into stage.deliveries (delivery_id, source, delivered_for, order_key, rows) values ($1, $2, $3, $4, $5)",
            [key, source, delivered_for, delivered_for.isoformat(), len(staged)],
        )
        if staged:
            for row in staged:
                row.setdefault("closed_at", None)
            columns = sorted({name for row in staged for name in row})
            self.connection.register(
                "arriving",
                pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in staged]),
            )
            casts = ", ".join(f"cast({name} as {self.columns[name]}) as {name}" for name in columns)
            self.connection.execute(f"insert into stage.rows by name select {casts} from arriving")
            self.connection.unregister("arriving")
        return key

    def publish(self, business_date: date, *, known: Iterable[str] | None = None) -> None:
        """Publish a date: book and remember, as the product does."""
        name = registry.publication_id(business_date, 1)
        self.make(business_date, name, known)
        registry.new_publication_row(
            self.connection,
            identifier=name,
            sequence=len(self.published) + 1,
            business_date=business_date,
            revision=1,
            kind="daily",
            published_at=datetime(2023, 1, 1),
            delivery_ids=[key for key, day in self.deliveries.items() if day <= business_date],
            rows_landed=0,
            versions=dict.fromkeys(("code", "contracts", "rules", "calendar", "model"), "1"),
            last_judgement=self.number("select coalesce(max(judgement_no), 0) from registry.judgements"),
            content_hashes="{}",
        )
        queries = registry.publication_queries(
            name, len(self.published) + 1, max(self.published, default=None)
        )
        made = {table: self.connection.execute(query).to_arrow_table() for table, query in queries.items()}
        for table, content in made.items():
            self.connection.register("arriving", content)
            self.connection.execute(f"insert into registry.{table} by name select * from arriving")
            self.connection.unregister("arriving")
        registry.derive_standing(self.connection)
        self.published.append(business_date)

    def make(
        self,
        business_date: date,
        name: str,
        known: Iterable[str] | None = None,
        *,
        is_reissue: bool = False,
        before: int = 0,
    ) -> int:
        """Make all tables of a date without remembering it; the number of entries to post."""
        chosen = (
            [key for key, day in self.deliveries.items() if day <= business_date]
            if known is None
            else list(known)
        )
        normalize.read_prose(self.connection)
        normalize.fold(self.connection, chosen)
        normalize.describe_state(self.connection, business_date, "secret")
        resolve.resolve(self.connection)
        self._calendar_and_clocks(business_date)
        ledger.describe_leads(self.connection)
        upto = f"where sequence <= {before}" if is_reissue else ""
        last = self.number(f"select coalesce(max(last_judgement), 0) from registry.publications {upto}")
        return ledger.book(
            self.connection,
            Booking(
                name,
                business_date,
                max(self.published, default=None),
                last,
                "late_row",
                tuple(channels()),
                3,
                before_sequence=before if is_reissue else len(self.published),
                is_reissue=is_reissue,
            ),
        )

    def reissue(self, business_date: date) -> None:
        """Make the tables of a past date with all deliveries, as a reissue does; nothing is booked or remembered."""
        booked_by = next(number for number, day in enumerate(self.published, 1) if day >= business_date)
        posted = self.make(business_date, "reissue", self.deliveries, is_reissue=True, before=booked_by)
        assert posted == 0, "a reissue books nothing"
        run_sql(
            self.connection,
            "marts/differences",
            {"publication_id": "reissue", "business_date": business_date, "is_reissue": True},
        )

    def judge(self, ticket_a: str, ticket_b: str, verdict: str, undoes: int | None = None) -> int:
        number = self.number("select count(*) from registry.judgements") + 1
        self.connection.execute(
            "insert into registry.judgements (judgement_no, ticket_a, ticket_b, verdict, undoes) values ($1, $2, $3, $4, $5)",
            [number, ticket_a, ticket_b, verdict, undoes],
        )
        registry.derive_standing(self.connection)
        return number

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def number(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    def day(
        self, business_date: date, basis: str = "ticket", table: str = "clearance_daily"
    ) -> dict[str, int]:
        """The city's sums of a day."""
        names = (
            "opening",
            "received",
            "reopened",
            "transferred_in",
            "closed",
            "transferred_out",
            "withdrawn",
            "corrections",
            "closing",
        )
        sums = ", ".join(f"sum({name})" for name in names)
        row = self.rows(
            f"select {sums} from clearance.{table} where basis = '{basis}' and business_date = date '{business_date}'"
        )[0]
        return {name: int(value or 0) for name, value in zip(names, row, strict=True)}

    def table(self, name: str, upto: date) -> list[tuple[Any, ...]]:
        return self.rows(f"select * from clearance.{name} where business_date <= date '{upto}' order by all")

    def _row(self, key: str, number: int, source: str, delivered_for: date, row: Row) -> dict[str, Any]:
        received = row["received_at"]
        full: dict[str, Any] = {
            "delivery_id": key,
            "row_no": number,
            "source": source,
            "delivered_for": delivered_for,
            "order_key": delivered_for.isoformat(),
            "ticket_id": f"{source}:{row['ticket_no']}",
            "channel": source,
            "changed_at": received,
            "native_status": row.get("status", "handling"),
            "status": "handling",
            "received_has_time": True,
            "closed_has_time": True,
            "division_code": "640104",
            "is_deleted": False,
            "flags": [],
            "quoted": [],
            "disposition": "in_scope",
        }
        full.update(row)
        content = {
            k: v
            for k, v in full.items()
            if k not in ("delivery_id", "row_no", "delivered_for", "order_key", "changed_at")
        }
        full["content_hash"] = hashlib.md5(repr(sorted(content.items())).encode()).hexdigest()
        return full

    def _calendar_and_clocks(self, business_date: date) -> None:
        first = date(2023, 1, 1)
        days = [first + timedelta(days=n) for n in range((business_date - first).days + 200)]
        number, rows = 0, []
        for day in days:
            number += day.weekday() < 5
            rows.append({"day": day, "is_working_day": day.weekday() < 5, "working_day_no": number})
        self.connection.register("arriving", pa.Table.from_pylist(rows))
        self.connection.execute("create or replace table core.calendar as select * from arriving")
        self.connection.unregister("arriving")
        self.connection.execute(
            """create or replace table core.clocks as
            select ticket_id, true as is_closing, source_due_at is not null as is_measurable, source_due_at as due_at,
                   case when closed_at > source_due_at then 'late' when closed_at is not null then 'met'
                        else 'running' end as state,
                   false as disagrees_with_source
            from core.ticket_state"""
        )
