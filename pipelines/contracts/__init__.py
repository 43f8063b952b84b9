"""The contracts in schemas/: what a source delivers, what a ticket's fields are, what a published table holds.

The only place that reads YAML. A source is one file, `schemas/sources/NAME.yml`; it names parsers (SQL macros in
sql/macros/) and maps codes, and holds no expressions. A published table is one file, `schemas/tables/NAME.yml`.
`channels` is the one origin of channels and their titles. CLEARANCE_SCHEMAS names another folder than schemas/.
"""

from pipelines.contracts.base import Privacy, read_yaml, schemas_root
from pipelines.contracts.channels import Channel, known_channels
from pipelines.contracts.delivery import (
    DatabaseDelivery,
    Envelope,
    FilesDelivery,
    RestDelivery,
)
from pipelines.contracts.sources import (
    ChannelName,
    ColumnContract,
    Outcome,
    SourceContract,
    Status,
    channels,
    fold_header,
    load_sources,
)
from pipelines.contracts.tables import FieldContract, TableColumn, TableContract, load_fields, load_tables

__all__ = [
    "Channel",
    "ChannelName",
    "ColumnContract",
    "DatabaseDelivery",
    "Envelope",
    "FieldContract",
    "FilesDelivery",
    "Outcome",
    "Privacy",
    "RestDelivery",
    "SourceContract",
    "Status",
    "TableColumn",
    "TableContract",
    "channels",
    "fold_header",
    "known_channels",
    "load_fields",
    "load_sources",
    "load_tables",
    "read_yaml",
    "schemas_root",
]
