"""The list of those who answer: what waits, in which order, who is free, who takes what."""
