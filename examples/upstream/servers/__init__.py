"""The servers of the simulated upstream city: the five source systems over their real protocols, on
loopback.

`Upstream` serves a city and lets its time run; `hand_over` writes the files a person would hand over
instead. One module a source (`national`, `regional`, `petition`, `hotline`, `cyberspace`) says what it
delivers and how; `web` and `sftp` serve; `outbox` and `versions` are what they share. `faults` names what
can go wrong, the modules called `…_faults` do it. Everyone in the city is invented.
"""

from examples.upstream.servers.faults import Fault, Faults
from examples.upstream.servers.handover import hand_over
from examples.upstream.servers.upstream import Upstream

__all__ = ["Fault", "Faults", "Upstream", "hand_over"]
