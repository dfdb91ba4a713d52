"""Loading a lot: decide each line, batch by batch, and write what follows from it."""
