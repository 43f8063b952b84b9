"""From landed rows to tickets: typed rows, what their prose says, versions, events, parties.

Called from outside: `prepare` (macros and reference tables), `stage` (landed rows to stage.rows),
`read_prose` (staged rows to stage.prose), `fold`
(known rows to versions and events), `describe_state` (each ticket at the end of a day).
"""

from pipelines.normalize.prose import read_prose, reading_version
from pipelines.normalize.staging import Landed, prepare, stage
from pipelines.normalize.tickets import describe_state, fold

__all__ = ["Landed", "describe_state", "fold", "prepare", "read_prose", "reading_version", "stage"]
