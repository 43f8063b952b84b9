"""The DAGs: `ingest` (one a source), `daily` (publishes a business date), `cutoff` (ends the waiting at 10:00).

They hold no logic of their own: a task resolves its connection and its business date and calls `pipelines`.
`common` is what they share. Nothing heavy is imported while Airflow reads them.
"""
