"""Taking a loaded lot back while nobody was called about it."""
