"""A person's review of pairs of tickets: what speaks for one lead, side by side, and the worklist as a workbook.

`evidence` weighs any pair by the statements that resolution itself uses; `tickets` has what two tickets say, `pairs` what was
decided and which pairs wait, in which order; `terminal` and `workbook` show it, `returned` brings judgements back.
What these show holds personal data: it goes to the reviewer's terminal and workbook, never to a log or a published file.
"""
