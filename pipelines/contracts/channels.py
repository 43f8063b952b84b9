"""The channels: the reporting categories that every table counts by.

schemas/channels.yml holds those that every city knows, in the order of its tables; a source may bring one more with
its title. What stands in the tables is what the loaded sources feed, and nothing else: `channels` is its one origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from pipelines.contracts.base import NAME_PATTERN, Strict, read_yaml, refused, schemas_root
from pipelines.errors import ContractError

if TYPE_CHECKING:
    from pipelines.contracts.sources import SourceContract

LATER = 1000


class NewChannel(Strict):
    """What a source says of a channel that it brings: its Chinese title, whose time limits it follows, its place.

    `order` places it among the channels that sources bring (all of them after the known ones); `report_as` is how
    the bulletin words its count ("办理信访事项": the count and 件 follow).
    """

    title: str = Field(pattern=r"^\S{2,12}$")
    clocks_like: str | None = Field(default=None, pattern=NAME_PATTERN)
    order: int = LATER
    report_as: str | None = None


class KnownChannel(Strict):
    """One entry of schemas/channels.yml."""

    title: str
    report_as: str
    report_order: int


class Channel(Strict):
    """One channel as the loaded contracts say."""

    name: str
    title: str
    report_as: str
    report_order: int
    clocks_like: str | None = None
    sources: tuple[str, ...]


def known_channels(root: Path | None = None) -> dict[str, KnownChannel]:
    """The channels of schemas/channels.yml, in its order."""
    path = (root or schemas_root()) / "channels.yml"
    try:
        return {name: KnownChannel(**entry) for name, entry in read_yaml(path).items()}
    except (ValidationError, TypeError) as error:
        raise refused("channel", error, path) from error


def join_channels(sources: Mapping[str, SourceContract], root: Path) -> dict[str, Channel]:
    """The channels that the sources feed: the known ones in their order, then those that sources bring.

    Raises ContractError for a new channel without a title, and for two sources that say different things of one.
    """
    known = known_channels(root)
    feeding: dict[str, list[str]] = {}
    brought: dict[str, NewChannel] = {}
    for source in sources.values():
        where = str(root / "sources" / f"{source.source}.yml")
        for name in source.channel.names:
            feeding.setdefault(name, []).append(source.source)
        for name, new in source.channel.brings.items():
            if name in known:
                raise ContractError(
                    f"the channel {name} is {known[name].title} already and cannot be brought again",
                    where=where,
                    remedy="leave its title away, or choose another name",
                )
            if brought.setdefault(name, new) != new:
                raise ContractError(f"two sources say different things of the channel {name}", where=where)
    for name in feeding:
        if name not in known and name not in brought:
            raise ContractError(
                f"the channel {name} is new and has no title (known: {', '.join(known)})",
                where=str(root / "sources" / f"{feeding[name][0]}.yml"),
                remedy=f"write channel: {{constant: {name}, title: …, clocks_like: …}}",
            )
    for name, new in brought.items():
        if new.clocks_like is not None and new.clocks_like not in known:
            raise ContractError(
                f"the channel {name} follows the time limits of {new.clocks_like}, which is no known channel",
                where=str(root / "sources" / f"{feeding[name][0]}.yml"),
                remedy=f"clocks_like is one of {', '.join(known)}",
            )
    titles = {entry.title for entry in known.values()}
    for name, new in brought.items():
        if new.title in titles:
            raise ContractError(
                f"two channels have the title {new.title}",
                where=str(root / "sources" / f"{feeding[name][0]}.yml"),
                remedy="give the new one another title, or count the rows under the channel that has it",
            )
        titles.add(new.title)
    places = {name: place for place, name in enumerate(known)}
    order = sorted(
        feeding,
        key=lambda name: (
            name not in known,
            places[name] if name in known else brought[name].order,
            name,
        ),
    )
    return {name: _channel(name, known.get(name), brought.get(name), feeding[name]) for name in order}


def _channel(name: str, known: KnownChannel | None, new: NewChannel | None, sources: list[str]) -> Channel:
    if known is not None:
        return Channel(
            name=name,
            title=known.title,
            report_as=known.report_as,
            report_order=known.report_order,
            sources=tuple(sources),
        )
    assert new is not None
    return Channel(
        name=name,
        title=new.title,
        report_as=new.report_as or f"接收{new.title}反映事项",
        report_order=LATER + new.order,
        clocks_like=new.clocks_like,
        sources=tuple(sources),
    )
