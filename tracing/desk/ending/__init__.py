"""The end of a call: its outcome, or handing it back or over."""
