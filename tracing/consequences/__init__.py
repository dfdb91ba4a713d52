"""What follows from a fact for everything that depends on it: calls, contacts, notes, messages, people who were told."""
