"""The end of a call: choosing its outcome, giving it back, or handing it over to a colleague.

What an outcome does is in `call_outcomes`: one function each, `_promise` for a callback, whose hour is checked there. What
an outcome means, and where to add one, is `calls.rules`.
"""
