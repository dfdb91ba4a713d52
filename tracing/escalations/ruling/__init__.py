"""What a doctor decides apart from the rules, for whom it is decided, and how it becomes a fact."""
