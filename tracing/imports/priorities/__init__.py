"""A supervisor puts the calls of a lot first. The priorities themselves are in `queue.households.priorities`."""
