"""Who works here, where, when, and what they may do."""
