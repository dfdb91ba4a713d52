"""Whether the database answers: noticed once, told to everybody, asked again until it does."""
