"""The call queue: who must be called, in which order, and which tracer holds which call.

The next call is claimed in `claims.next_call`. The place of a household is computed by `rules.place_of` and `rules.rank_of`,
and stored by `households.services.refresh`.
"""
