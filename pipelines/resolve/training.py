"""Trains the frozen model from a workspace's own tickets: `python -m pipelines.resolve.training --workspace DIR`.

Nobody's truth is read: u comes from random pairs, m from expectation maximisation on pairs that share a phone, a name
and division, or an ID number (Splink's own training). Levels that these pairs cannot show, since they are rare or are
what was blocked on, are set by hand below, with the reason. It writes model.json and name_model.json beside this file.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.resolve.scoring import MODEL_FILE, NAMES_FILE, describe_name_frequencies
from pipelines.settings import load_city
from pipelines.store import Workspace, run_sql

LEAST_BEARERS = 5
"""A surname or sign that fewer people bear is not written down: it could point to one of them."""
BY_HAND: dict[tuple[str, str], tuple[float, float]] = {
    # One sign of three misread: rarer than the very name, as likely by chance as a name of that surname.
    ("person", "near"): (0.01, 2e-5),
    # 王先生 beside 王建国: no training block holds them; a surname and what is left of the name agree by chance.
    ("person", "compatible"): (0.31, 3.5e-3),
    # Pairs that share a phone hold brothers and foremen: a name that is another one is rarer in one lead than they show.
    ("person", "else"): (0.02, 0.994),
    # A second number told in the text, and 138****1234: by chance as rare as one number, or seven digits of it.
    ("contact", "told"): (0.03, 2e-5),
    ("contact", "masked"): (0.05, 3e-6),
    # A number is copied wrongly, or is a colleague's, once in some hundred times: worth eight doublings, no more.
    ("quoted", "quoted"): (0.17, 0.17 / 256),
}


def comparisons() -> list[dict[str, Any]]:
    """The comparisons of the model, before training."""
    return [
        _comparison(
            "person", "who is owed, by name", _is("name_likeness", "person"), ("sound", "near", "compatible"),
            first={
                "sql_condition": "person_name_l = person_name_r", "label_for_charts": "same",
                "tf_adjustment_column": "person_name", "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 1e-7,
            },
        ),
        _of_equals("id_number", "valid ID number of who is owed", "id_number"),
        _comparison("contact", "phone", _is("contact_likeness", "contact"), ("same", "told", "masked", "shared")),
        _comparison("employer", "employer", _is("employer_likeness", "employer_keys"), ("same", "variant", "namesake")),
        _comparison("project", "project", _is("employer_likeness", "project_keys"), ("same", "variant")),
        _comparison("period", "months owed", _is("period_likeness", "period"), ("same", "overlapping")),
        _comparison("claim", "sum owed", _is("claim_likeness", "claimed_fen"), ("same", "close")),
        _of_equals("persons", "how many people", "persons"),
        _of_equals("division", "division", "division_code"),
        {
            "output_column_name": "quoted", "comparison_description": "one quotes the number of the other",
            "comparison_levels": [
                _level("not coalesce(list_contains(quoted_l, ticket_no_r) or list_contains(quoted_r, ticket_no_l), false)",
                       "unknown", is_null_level=True),
                _level("coalesce(list_contains(quoted_l, ticket_no_r) or list_contains(quoted_r, ticket_no_l), false)", "quoted"),
                _level("ELSE", "else"),
            ],
        },
    ]  # fmt: skip


def train(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model and the name model from core.features of a workspace's warehouse."""
    from splink import DuckDBAPI, Linker, block_on

    names = _name_model(connection)
    NAMES_FILE.write_text(json.dumps(names, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    describe_name_frequencies(connection)
    run_sql(connection, "resolve/compared")
    api = DuckDBAPI(connection, output_schema="splink")
    settings: dict[str, Any] = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "comparisons": comparisons(),
        "blocking_rules_to_generate_predictions": [block_on("phone")],
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": False,
    }
    connection.execute("create or replace temp view compared_tickets as select * from core.compared")
    linker = Linker(api.register("compared_tickets"), settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("id_number"), block_on("phone", "person_sound")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (block_on("phone"), block_on("person_sound", "division_code"), block_on("id_number")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    model: dict[str, Any] = linker.misc.save_model_to_json(None)
    for comparison in model["comparisons"]:
        for level in comparison["comparison_levels"]:
            key = (comparison["output_column_name"], level.get("label_for_charts", ""))
            if key in BY_HAND:
                level["m_probability"], level["u_probability"] = BY_HAND[key]
            elif not level.get("is_null_level"):
                level["m_probability"] = round(max(level.get("m_probability") or 0.001, 1e-4), 6)
                level["u_probability"] = float(f"{max(level.get('u_probability') or 1e-6, 1e-7):.3g}")
    connection.execute("drop schema if exists splink cascade")
    return model, names


def _name_model(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    rows = connection.execute(
        "select distinct coalesce(id_number, ticket_id), owed.surname, owed.given from core.features "
        "where owed.is_full order by all"
    ).fetchall()
    surnames, signs, lengths = Counter[str](), Counter[str](), Counter[str]()
    for _, surname, given in rows:
        surnames[surname] += 1
        lengths[str(len(given or ""))] += 1
        signs.update(given or "")
    total, all_signs = sum(surnames.values()) + 200, sum(signs.values()) + 2000
    return {
        "surnames": {
            name: round(count / total, 7)
            for name, count in sorted(surnames.items())
            if count >= LEAST_BEARERS
        },
        "signs": {
            sign: round(count / all_signs, 7)
            for sign, count in sorted(signs.items())
            if count >= LEAST_BEARERS
        },
        "lengths": {length: round(count / len(rows), 5) for length, count in sorted(lengths.items())},
        "rare_surname": round(1 / total, 8),
        "rare_sign": round(1 / all_signs, 8),
    }


def _level(condition: str, label: str, **more: Any) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": label, **more}


def _is(macro: str, column: str) -> str:
    return f"{macro}({column}_l, {column}_r)"


def _comparison(
    name: str, description: str, likeness: str, levels: Sequence[str], first: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "output_column_name": name,
        "comparison_description": description,
        "comparison_levels": [
            _level(f"{likeness} = 'unknown'", "unknown", is_null_level=True),
            *([first] if first else []),
            *(_level(f"{likeness} = '{level}'", level) for level in levels),
            _level("ELSE", "else"),
        ],
    }


def _of_equals(name: str, description: str, column: str) -> dict[str, Any]:
    return {
        "output_column_name": name,
        "comparison_description": description,
        "comparison_levels": [
            _level(f"{column}_l is null or {column}_r is null", "unknown", is_null_level=True),
            _level(f"{column}_l = {column}_r", "same"),
            _level("ELSE", "else"),
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Train on the newest tickets of a workspace and write the model."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.resolve.training", description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--version", required=True, help="the version that publications will record")
    chosen = parser.parse_args(arguments)
    city = load_city()
    with Workspace.open(chosen.workspace).warehouse(
        memory=city.warehouse_memory, threads=city.warehouse_threads
    ) as connection:
        from pipelines.normalize import prepare

        prepare(connection, city)
        tickets = connection.execute("select count(*) from core.features").fetchall()[0][0]
        model, _ = train(connection)
    model = {"version": chosen.version, "trained_on": f"{tickets} tickets", **model}
    MODEL_FILE.write_text(json.dumps(model, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{MODEL_FILE} and {NAMES_FILE}: trained on {tickets} tickets")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
