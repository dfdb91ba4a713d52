"""What an adviser looks at first: rows that other features register, in one order, the most harmful first."""
