"""The layout `lab-positive-v1`: columns, fields, dates, and why a line cannot be used. Pure."""
