"""The kinds of ticket that are told apart when leads are measured: the traps, and the hard ways to be the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from examples.resolution.measures import Mask

# Where merging is tempting and wrong.
TRAPS = (
    "foreman_phone",
    "brothers_one_phone",
    "same_person_other_employer",
    "same_name_same_employer",
    "later_period",
    "agent",
    "one_agent_many_claims",
    "group_and_member",
    "group",
    "large_group",
    "anonymous",
)
# Where the same lead is hard to see.
HARD = (
    "repeat_same_channel",
    "several_channels",
    "quoted_number",
    "miscopied_number",
    "no_evidence",
    "changed_phone",
    "masked_phone",
    "phone_lost_to_excel",
    "short_employer",
    "misspelt_employer",
    "long_chain",
)
LONG_CHAIN = 6


def strata(frame: pd.DataFrame) -> Iterator[tuple[str, Mask]]:
    """Each kind with the mark of its tickets, from the truth's `stratum`, `traits` (comma list) and `true_lead`.

    The kinds overlap: a ticket of a foreman's phone may name its employer short. `long_chain`: a lead of
    `LONG_CHAIN` tickets or more.
    """
    traits = "," + frame["traits"].fillna("").astype(str) + ","
    chain = frame.groupby("true_lead")["true_lead"].transform("size") >= LONG_CHAIN
    for name in (*TRAPS, *HARD):
        has_trait = traits.str.contains(f",{name},", regex=False)
        is_own = (frame["stratum"] == name) | has_trait | (chain & (name == "long_chain"))
        yield name, np.asarray(is_own, dtype=np.bool_)
