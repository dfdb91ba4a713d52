"""The board of a site: counts, calls in progress, waiting calls; giving a call to a tracer or taking it back."""
