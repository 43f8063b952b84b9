"""How well tickets are put together into leads, measured on the invented city whose truth is known.

`measures`: pure functions on two partitions of the same tickets; `strata`: the kinds of ticket that are told apart;
`product`: one city through the product, in a process of its own; `baselines`: what anyone would do first, on the same
columns; `report`: the printed tables. The truth is read here alone: the product never sees it.
"""
