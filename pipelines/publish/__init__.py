"""A day's publication: database, Parquet, workbook, page, bulletin, changes, manifest; written whole and verified.

`write` makes the folder, `swap_latest` points readers at it, `content_hashes` names what the tables say,
`describe_tables` makes `clearance.dictionary`. `collect` computes the day's figures that all artifacts print.
"""

from pipelines.publish.context import PublicationContext
from pipelines.publish.database import content_hashes, describe_tables
from pipelines.publish.figures import Figures, collect
from pipelines.publish.folder import swap_latest, write

__all__ = [
    "Figures",
    "PublicationContext",
    "collect",
    "content_hashes",
    "describe_tables",
    "swap_latest",
    "write",
]
