"""Claims: how a tracer claims a household for a call, how the claim is kept alive, and every way it ends.

A claim begins in `next_call` (the most urgent household) or `claim_household` (a given household: its people ring us,
or a doctor rings them). Every write of the call holds it, and the open page renews it (`services`).

It ends in one of these ways, and the call made under it ends in the same transaction:

1. The call ends, or is given back: `calls.services.end`, then `ending.release`. Called by
   - `desk.ending.call_outcomes.finish`, when the last conversation of the call has ended;
   - `desk.ending.call_outcomes.hang_up`, when the tracer leaves it before everybody was spoken to;
   - `escalations.calling`, when an adviser or a referent has answered the question, or hangs up without an answer;
   - `escalations.services.put_back`, when they put the question back in the list during the call.
2. The tracer hands it to a colleague: `desk.ending.call_outcomes.hand_over` gives it back as in 1, then
   `ending.hand_over` keeps the household for the colleague.
3. A supervisor takes it back: `supervision.board.services.take_back` calls `ending.take_back`, then
   `calls.services.close_lost`.
4. It expires, because nobody typed anything or the page was closed. The job `calls.jobs.sweep_claims` ends
   - claims of households whose place has not changed since they were claimed, in one statement with their calls:
     `calls.expired_claims.end_unchanged`, which begins with `expiry.AS_THEY_STAND`;
   - the others (`expiry.find_expired_changed`): `calls.expired_claims.end_changed` calls `expiry.expire_changed`, then
     `calls.services.close_lost`.

When the account of its holder is closed, a claim does not end at once: `expiry.expire_closed_accounts` (job
`queue.maintenance.absence_jobs.handle_absences`) sets its end to now, and the next sweep ends it as in 4.

1, 3 and `expire_changed` end it in `ending._unclaim`, which places the household again; only `AS_THEY_STAND` does not.
"""
