"""The model of the simulated upstream city: who was owed what, and what five source systems showed of it.

`build_city(CityParameters())` makes an invented Yinchuan: `City.changes[source]` are the versions of every
ticket as its source shows them, `City.truth` what really is. Nothing depends on the clock, the machine or
hash seeds. Called from outside: the names below.
"""

from examples.upstream.model.build import build_city
from examples.upstream.model.parameters import SOURCES, City, CityParameters, Truth

__all__ = ["SOURCES", "City", "CityParameters", "Truth", "build_city"]
