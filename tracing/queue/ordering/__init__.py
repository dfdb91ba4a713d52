"""What decides the order of calls: reasons, weights, calling hours, promised callbacks, a preview."""
