"""Ends the waiting for late sources: at 10:00 the day before is published with what has come."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from dags import common

DOC = """\
### 发布截止（10:00）

At 10:00 Beijing time, for the day before: emits `publication_cutoff`, which starts `clearance_daily` with the sources
that have delivered; the table shows the age of the others. Skips a day that is published. A source that comes later
does not publish the day again: its rows are known to the next publication.

Start it with a partition key to publish a past day without waiting any longer. Whoever lets a day pass without a
source records it: `clearance waive SOURCE --date D --by NAME --why …`.
"""

with DAG(
    dag_id="publish_cutoff",
    dag_display_name="发布截止 · 10:00",
    description="Publishes a business date without the sources that are late",
    doc_md=DOC,
    schedule=common.every_day_at("0 10 * * *"),
    end_date=common.last_scheduled_day(),
    catchup=False,
    tags=common.TAGS,
) as dag:

    @task(task_id="cut_off", task_display_name="到点截止", outlets=[common.CUTOFF])
    def cut_off(*, asset_state_store: Any, **context: Any) -> None:
        business_date = common.business_date_of(context)
        if business_date in common.published_days(common.workspace().published):
            raise AirflowSkipException(f"{business_date} is published already")
        common.note_day(asset_state_store[common.CUTOFF], business_date)
        print(f"{business_date} is published with what has come")

    cut_off()
