"""Publishes a business date when every source has delivered for it, or when its cut-off has passed."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetAll, AssetAny, PartitionedAssetTimetable, StartOfDayMapper, task
from airflow.sdk.exceptions import AirflowSkipException

from dags import common
from pipelines.contracts import load_sources
from pipelines.settings import TIME_ZONE

DOC = """\
### 清零进度日报

Makes, checks and publishes the table of the business date in the run's partition key: `published/DATE/rNN`, and
`published/latest` points to the newest day.

- Starts by itself when all sources have delivered for a day, or at the cut-off (`publish_cutoff`).
- Reads the landing, not the events: running it again changes nothing once the day is published.
- Days are published in order. Earlier days that are complete are published first; while one is being read, this waits.
- A blocking check that fails publishes nothing; the task's log names it, the report lies in `checks/`.
- A day before the newest published one is not published any more: its rows show in the next day as corrections, and
  `clearance reissue --date DATE` restates it beside the book.
"""

SOURCES = {source: common.source_asset(source) for source in load_sources()}

with DAG(
    dag_id="clearance_daily",
    dag_display_name="清零进度日报 · 生成与发布",
    description="Publishes the clearance table of a business date",
    doc_md=DOC,
    schedule=PartitionedAssetTimetable(
        assets=AssetAny(AssetAll(*SOURCES.values()), common.CUTOFF),
        default_partition_mapper=StartOfDayMapper(
            timezone=TIME_ZONE, input_format=common.KEY_FORMAT, output_format=common.KEY_FORMAT
        ),
    ),
    catchup=False,
    max_active_runs=1,
    tags=common.TAGS,
) as dag:

    @task(
        task_id="wait_for_earlier_days",
        task_display_name="等待前面的业务日",
        inlets=[*SOURCES.values(), common.CUTOFF],
        retries=common.WAITING_RETRIES,
        retry_policy=common.RetryByKindOfError(),
    )
    def wait_for_earlier_days(*, asset_state_store: Any, **context: Any) -> list[str]:
        from pipelines import ingest

        business_date = common.business_date_of(context)
        workspace = common.workspace()
        published = common.published_days(workspace.published)
        # What a person corrected is no delivery of the source.
        landed = [item for item in ingest.landed(workspace) if item.kind != ingest.CORRECTION]
        delivered = {(delivery.source, delivery.covers) for delivery in landed}
        # The notes, not the events: Airflow 3.3 cannot list events whose daily run is still queued.
        days = common.due_days(
            business_date,
            published=published,
            begun={delivery.delivered_for for delivery in landed if not delivery.is_handed_over},
            sources=SOURCES,
            has_delivered=lambda source, day: (
                (source, day) in delivered or common.is_noted(asset_state_store[SOURCES[source]], day)
            ),
            is_cut_off=lambda day: common.is_noted(asset_state_store[common.CUTOFF], day),
        )
        if not days and business_date not in published:
            raise AirflowSkipException(
                f"{business_date} lies before the newest published day {max(published)}: what has landed for it is "
                "known to the next publication and shows there as corrections"
            )
        return [day.isoformat() for day in days or [business_date]]

    @task(
        task_id="publish",
        task_display_name="生成、检查并发布",
        pool=common.POOL,
        retries=common.PUBLISH_RETRIES,
        retry_policy=common.RetryByKindOfError(),
    )
    def publish(days: list[str]) -> list[dict[str, Any]]:
        import logging
        from datetime import date

        from pipelines import day

        # It says hundreds of things about itself at every import.
        logging.getLogger("great_expectations").setLevel(logging.WARNING)
        reports = [
            day.publish(common.workspace(), common.city(), date.fromisoformat(text), say=print)
            for text in days
        ]
        return [
            {
                "business_date": report.business_date.isoformat(),
                "publication": report.publication_id,
                "folder": str(report.folder),
                "is_new": report.is_new,
                "rows": dict(report.rows),
                "warnings": list(report.warnings),
            }
            for report in reports
        ]

    @task(task_id="announce", task_display_name="公布摘要")
    def announce(reports: list[dict[str, Any]]) -> None:
        for report in reports:
            state = "published now" if report["is_new"] else "was published before, left as it is"
            print(f"{report['business_date']}: {report['publication']} {state}")
            for table, rows in report["rows"].items():
                print(f"  {rows} {table}")
            for warning in report["warnings"]:
                print(f"  warning: {warning}")
            print(f"  {report['folder']}")

    announce(publish(wait_for_earlier_days()))
