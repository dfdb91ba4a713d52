"""The call screen: what it shows, and how it is answered to a browser or to htmx."""
