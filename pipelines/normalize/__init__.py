"""From landed rows to tickets: typed rows, versions, events, parties.

Called from outside: `prepare` (macros and reference tables), `stage` (landed rows to stage.rows), `fold`
(known rows to versions and events), `describe_state` (each ticket at the end of a day).
"""

from pipelines.normalize.staging import Landed, prepare, stage
from pipelines.normalize.tickets import describe_state, fold

__all__ = ["Landed", "describe_state", "fold", "prepare", "stage"]
