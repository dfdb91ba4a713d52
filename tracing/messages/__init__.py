"""Text messages and letters to people: the outbox. The product does not send anything itself yet."""
