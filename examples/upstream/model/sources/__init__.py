"""What each source system shows of a ticket: one module a source, its native columns and codes.

`WRITERS` names the writer of every source. A writer is given a ticket and how it is told, and adds the
ticket's versions to its table.
"""

from examples.upstream.model.sources.base import Writer
from examples.upstream.model.sources.cyberspace import CyberspaceWriter
from examples.upstream.model.sources.hotline import HotlineWriter
from examples.upstream.model.sources.national import NationalWriter
from examples.upstream.model.sources.petition import PetitionWriter
from examples.upstream.model.sources.regional import RegionalWriter

WRITERS: dict[str, type[Writer]] = {
    "national": NationalWriter,
    "regional": RegionalWriter,
    "petition": PetitionWriter,
    "hotline": HotlineWriter,
    "cyberspace": CyberspaceWriter,
}

__all__ = ["WRITERS", "Writer"]
