"""Infrastructure every feature uses: database, clock, errors, events, settings, logs. Nothing about tracing."""
