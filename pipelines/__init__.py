"""From five upstream systems to one clearance table that balances.

Imports run one way: errors, then contracts and settings, store, normalize, ingest, quality, resolve, clocks,
ledger, publish, day, and last the command line and the DAGs. Nothing here imports Airflow.
"""

__version__ = "0.1.0"
