"""The accounts of a site, for its administrator; national import officers."""
