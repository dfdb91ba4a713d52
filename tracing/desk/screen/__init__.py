"""The call screen: its content, and its answers to a browser (whole pages) or to htmx (fragments)."""
