"""What a deployment sets: the city, the campaign, the connections. Read once at the edge, passed down."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import ConfigurationError, ContractError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DEFAULT_CITY_DIR = PROJECT_ROOT / "cities" / "yinchuan"
TIME_ZONE = "Asia/Shanghai"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Campaign(Frozen):
    """The clearance campaign: stock on `baseline_date` is to be cleared by `target_date`.

    `divisions` and `channels` are its scope; empty: all.
    """

    name: str
    baseline_date: date
    target_date: date
    divisions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class Levels(Frozen):
    """From which share on a warning is blue, yellow, red."""

    blue: float = Field(gt=0)
    yellow: float = Field(gt=0)
    red: float = Field(gt=0)

    @model_validator(mode="after")
    def _rise(self) -> Levels:
        if not self.blue < self.yellow < self.red:
            raise ValueError("blue, yellow and red rise in this order")
        return self


class Warnings(Frozen):
    """When the page warns (local, to confirm): `behind` the campaign's course, `overdue` of what is open."""

    behind: Levels = Levels(blue=0.05, yellow=0.10, red=0.20)
    overdue: Levels = Levels(blue=0.05, yellow=0.10, red=0.20)


class Thresholds(Frozen):
    """Local values without a national figure (marked so where they are printed)."""

    large_persons: int = 10
    large_fen: int = 10_000_000
    major_persons: int = 50
    major_fen: int = 100_000_000
    due_soon_working_days: int = 3
    # A suspension that lasts longer (calendar days) is flagged: one that never ends hides a ticket.
    suspended_days: int = 90


class City(Frozen):
    """One folder under cities/: names, codes, campaign, thresholds, and where its data files lie."""

    directory: Path
    name: str
    code: str = Field(pattern=r"^\d{6}$")
    prefixes: tuple[str, ...]
    office: str
    is_synthetic: bool = False
    synthetic_notice: str = ""
    campaign: Campaign | None = None
    thresholds: Thresholds = Thresholds()
    warnings: Warnings = Warnings()
    # No ticket is older: the national calendar begins with this year, and so do the systems.
    first_receipt_year: int = 2004
    warehouse_memory: str = "5GB"
    warehouse_threads: int = 2


def load_city(directory: Path = DEFAULT_CITY_DIR) -> City:
    """Read `city.toml` of a city folder. Raises ContractError when it is missing or says something unknown."""
    path = directory / "city.toml"
    if not path.is_file():
        raise ContractError(
            "no city.toml in the city folder",
            where=str(path),
            remedy="give a folder like cities/yinchuan with --city",
        )
    try:
        return City(directory=directory, **tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ContractError(
            f"city.toml cannot be used: {error}", where=str(path), remedy="mend the file"
        ) from error


class Connection(Frozen):
    """How to reach one source, in the shape of an Airflow connection."""

    conn_type: str
    host: str = ""
    port: int | None = None
    schema_name: str = Field(default="", alias="schema")
    login: str = ""
    password: str = Field(default="", repr=False)
    extra: Mapping[str, Any] = Field(default_factory=dict, repr=False)


def connection_from_environment(name: str, environment: Mapping[str, str] | None = None) -> Connection | None:
    """The connection called `name` from AIRFLOW_CONN_<NAME> (JSON), or None where it is not set."""
    variable = f"AIRFLOW_CONN_{name.upper()}"
    text = (os.environ if environment is None else environment).get(variable, "")
    if not text:
        return None
    try:
        return Connection(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{variable} is not a connection written as JSON ({type(error).__name__})",
            remedy='write it as {"conn_type": …, "host": …, "port": …, "login": …, "password": …, "extra": {…}}',
        ) from None
