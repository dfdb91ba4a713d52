"""A site seen from above: who waits, who is on a call, what needs a decision, who did and saw what."""
