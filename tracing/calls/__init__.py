"""What happened on the telephone: attempts, conversations, answers."""
