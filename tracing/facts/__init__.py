"""What was said of a person, a case or a contact: added, never overwritten; which of it counts is a rule."""
