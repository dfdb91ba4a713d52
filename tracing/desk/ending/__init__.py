"""The end of a call: choosing its outcome, giving it back, or handing it over to a colleague."""
