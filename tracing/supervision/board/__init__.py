"""The board of a site: counts, calls under way, who waits."""
