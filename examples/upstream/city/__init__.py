"""An invented Yinchuan of 2023: everyone, every company and every project in it is made up.

`build_city(CityParameters()) -> City`: `changes[source]` holds one row for every version of every ticket as its
source shows it, `truth` says which tickets are the same lead, what was recovered and what happened when.
Only the tickets by channel, the people paid and the amount recovered are taken from a published report.
"""

from examples.upstream.city.build import build_city
from examples.upstream.city.model import City, CityParameters, Truth

__all__ = ["City", "CityParameters", "Truth", "build_city"]
