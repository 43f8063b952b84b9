"""Which tickets are one lead: sure rules, a frozen score, vetoes and human judgements; leads' lasting ids; incidents.

Called from outside: `resolve`. It makes core.links, components, matches, lead_of_ticket, incident_of_lead and
repeat_of_lead.
"""

from pipelines.resolve.leads import resolve

__all__ = ["resolve"]
