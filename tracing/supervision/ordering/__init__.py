"""The supervisor's pages about the order of calls, their priorities, and the calling hours of a site."""
