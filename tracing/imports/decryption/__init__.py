"""From an encrypted file to the bytes inside it, in memory, one layer after the other."""
