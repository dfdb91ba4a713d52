"""The note of a parent whose child must stay at home: who asks, and what they say."""
