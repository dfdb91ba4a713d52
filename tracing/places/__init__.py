"""Places that cases name, found again by keyed hashes: who was at the same one is counted, and nobody is named."""
