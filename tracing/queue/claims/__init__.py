"""Claims: how a tracer claims a household for a call, how the claim is kept alive, and every way it ends.

A claim begins in `next_call` (the most urgent household) or `claim_household` (a given household: its people ring us,
or a doctor rings them). Every write of the call holds it, and the open page renews it (`services`).

It ends in one of these ways:

1. The call ends, or its tracer gives it back: `ending.release` (calls.services.end, calls.services.give_back).
2. The tracer hands it to a colleague: given back, then `ending.hand_over` (desk.ending.call_outcomes.hand_over).
3. A supervisor takes it back: `ending.take_back` (supervision.board.services.take_back).
4. It expires without a sign of life: `expiry`, swept by `calls.jobs.sweep_claims`. One statement where the household
   keeps its place (`expiry.AS_THEY_STAND`), else `expiry.expire_with_care`.
5. Its holder's account is closed: `expiry.expire_closed_accounts` makes it expire at once; the next sweep does 4.

The claim's call ends in the same transaction: `calls.services.end` in 1, `calls.services.close_lost` in the others.
"""
