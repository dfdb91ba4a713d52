"""An emergency in a call: an adviser is told at once, whatever the step; a false alarm is taken back."""
