"""What anyone would do first with the same columns: exact keys, and Splink as its documentation sets it up.

Both get the columns that the product compares (name, usable phone, valid ID number, employer, project, division,
period), and no truth.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from examples.resolution.measures import SEED, Codes, codes, components

COLUMNS = ("ticket_id", "name", "phone", "id_number", "employer", "project", "division", "period")
PROBABILITY = 0.95
# Kept for the frontier; what is less likely than this joins nothing.
LEAST_PROBABILITY = 0.01
SAMPLED_PAIRS = 10_000_000


@dataclass(frozen=True)
class Clustered:
    """A baseline's partition of the tickets, in their order, with its seconds.

    `left`, `right` (row numbers) and `score` are the pairs that it weighed, empty where it weighs none. `training_seconds`
    stand apart: weights are trained once.
    """

    name: str
    leads: Codes
    seconds: float
    training_seconds: float = 0.0
    left: Codes | None = None
    right: Codes | None = None
    score: NDArray[np.float64] | None = None


def exact_keys(tickets: pd.DataFrame) -> Clustered:
    """Tickets of the same usable phone or the same valid ID number, and whatever hangs together so."""
    began = time.perf_counter()
    leads = components(codes(tickets["phone"]), codes(tickets["id_number"]))
    return Clustered("exact keys", leads, time.perf_counter() - began)


def plain_splink(tickets: pd.DataFrame, *, threads: int = 2, memory: str = "6GB") -> Clustered:
    """Splink's own comparisons, four blocking rules, trained on the tickets without labels, clustered at 0.95.

    Raises ModuleNotFoundError where Splink is not installed.
    """
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="ticket_id",
        comparisons=[
            cl.NameComparison("name").configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("phone", [1, 2]),
            cl.LevenshteinAtThresholds("id_number", [1, 2]),
            cl.JaroWinklerAtThresholds("employer", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("project", [0.9, 0.7]),
            cl.ExactMatch("division").configure(term_frequency_adjustments=True),
            cl.ExactMatch("period"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("phone"),
            block_on("id_number"),
            block_on("name", "employer"),
            block_on("name", "division"),
        ],
        retain_matching_columns=False,
    )
    began = time.perf_counter()
    with duckdb.connect(config={"threads": threads, "memory_limit": memory}) as connection:
        database = DuckDBAPI(connection)
        linker = Linker(database.register(tickets[list(COLUMNS)]), settings, log_level=logging.ERROR)
        linker.training.estimate_probability_two_random_records_match(
            [block_on("id_number"), block_on("name", "phone")], recall=0.7
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
        for rule in (block_on("phone"), block_on("name", "employer")):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        trained = time.perf_counter()
        predicted = linker.inference.predict(threshold_match_probability=LEAST_PROBABILITY)
        clustered = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, PROBABILITY)
        ended = time.perf_counter()
        connection.register(
            "rows", pd.DataFrame({"ticket_id": tickets["ticket_id"], "row": np.arange(len(tickets))})
        )
        leads = connection.execute(
            f"select cluster_id from rows join {clustered.physical_name} using (ticket_id) order by row"
        ).fetchnumpy()["cluster_id"]
        pairs = connection.execute(
            f"""select l.row as left_row, r.row as right_row, p.match_weight as score
                from {predicted.physical_name} as p
                join rows as l on l.ticket_id = p.ticket_id_l
                join rows as r on r.ticket_id = p.ticket_id_r
                order by all"""
        ).fetchnumpy()
    return Clustered(
        "plain Splink",
        codes(pd.Series(leads)),
        ended - trained,
        trained - began,
        np.asarray(pairs["left_row"], dtype=np.int64),
        np.asarray(pairs["right_row"], dtype=np.int64),
        np.asarray(pairs["score"], dtype=np.float64),
    )
