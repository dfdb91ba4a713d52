"""Inputs to the order of calls: reasons, weights, calling hours, promised callbacks; and a preview of other weights.

The order itself is computed by `queue.rules.rank_of`.
"""
