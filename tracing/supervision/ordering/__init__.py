"""The order of calls and the calling hours of a site."""
