"""A tracer's process for the tests that kill it: claims, saves answers, and prints each one once it is committed.

Run with `python -m tests.support.claimer`; one line of JSON on standard input says which database to use.
"""

import itertools
import json
import sys

from tests.support.story import agent
from tracing.calls import services as calls
from tracing.kernel import clock, db
from tracing.queue import queries as queue
from tracing.staff import queries as staff
from tracing.vault.keys import KeyRing
from tracing.vault.services import open_vault


def main() -> None:
    """Claim the next household and save answers for ever, until the test kills this process."""
    told = json.loads(sys.stdin.readline())
    db.connect(told["url"])
    open_vault(KeyRing(db.make_engine(told["keys_url"]), bytes.fromhex(told["master"])))
    with db.transaction():
        tracer = agent(staff.get_member(told["member"]))
        at = clock.database_now()
        call = calls.take_next(tracer, at=at)
        if call is None:
            raise SystemExit("nobody waits")
        [task] = queue.open_tasks(call.household_id)
        calls.start_conversation(call, task, script_version="2026.1", at=at)
    say(call=call.id)
    for number in itertools.count():
        with db.transaction():
            at = clock.database_now()
            held = calls.lock_for_write(call.id, tracer, at=at)
            calls.save_answer(held, task, f"question_{number}", number, by=tracer, at=at)
        say(saved=number)


def say(**words: int) -> None:
    """Print one line, which tells the test that this much is committed."""
    print(json.dumps(words), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
