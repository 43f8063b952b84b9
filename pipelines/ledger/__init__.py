"""The ledger: entries that should be booked, the difference to what is booked, the daily table and the restated one.

Called from outside: `describe_leads` (core.leads), `book` (entries, postings, clearance_daily, clearance_restated).
"""

from pipelines.ledger.booking import book, describe_leads

__all__ = ["book", "describe_leads"]
