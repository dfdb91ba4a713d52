"""Loading a lot batch by batch: look up what is known, decide each line, and write the outcome. Also the dry run."""
