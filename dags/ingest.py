"""One DAG a source: reads what changed on a business date into the landing, and says so with an asset event."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, task

from dags import common
from pipelines.contracts import SourceContract, load_sources

DOC = """\
### {title}（`{source}`）

Reads the source for the business date in the run's partition key and lands it: immutable, each delivery once.
A second run of a day lands nothing twice.

| | |
| --- | --- |
| schedule | 00:00 Beijing time, for the day that has just ended |
| connection | `{connection}` |
| event | asset `landing_{source}` with the key, and rows, control total, deliveries |
| not ready yet | asked again every 15 minutes until about the cut-off |
| wrong password, refused file | fails at once: see the task's log, it says what to do |

Start a past day over REST with `{{"logical_date": null, "partition_key": "2023-08-31"}}`, or a range with
`airflow backfill create --dag-id ingest_{source} …` (docs/airflow.md).
"""


def build(contract: SourceContract) -> DAG:
    """The DAG of one source."""
    source, asset = contract.source, common.source_asset(contract.source)
    with DAG(
        dag_id=f"ingest_{source}",
        dag_display_name=f"归集 · {contract.title}",
        description=f"Lands {source} for a business date",
        doc_md=DOC.format(title=contract.title, source=source, connection=contract.connection),
        schedule=common.every_day_at("0 0 * * *"),
        end_date=common.last_scheduled_day(),
        catchup=False,
        # A day's window begins where the day before was read to: one after another.
        max_active_runs=1,
        tags=common.TAGS,
    ) as dag:

        @task(
            task_id="pull",
            task_display_name="拉取并落地",
            outlets=[asset],
            retries=common.SOURCE_RETRIES,
            retry_policy=common.RetryByKindOfError(),
        )
        def pull(*, outlet_events: Any, asset_state_store: Any, **context: Any) -> dict[str, Any]:
            from pipelines import ingest

            business_date = common.business_date_of(context)
            report = ingest.pull(
                common.workspace(), contract, common.resolve_connection(contract), business_date, say=print
            )
            deliveries = [*report.deliveries, *report.already_landed]
            total = report.control_total
            landed = {
                "rows": sum(delivery.rows for delivery in deliveries),
                "control_total": None if total is None else str(total),
                "deliveries": len(deliveries),
                "new_deliveries": len(report.deliveries),
            }
            outlet_events[asset].extra = landed
            common.note_day(asset_state_store[asset], business_date)
            return landed

        pull()
    return dag


for _contract in load_sources().values():
    globals()[f"ingest_{_contract.source}"] = build(_contract)
