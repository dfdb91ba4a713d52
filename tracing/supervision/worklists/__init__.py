"""The lists that wait for a supervisor's decision, giving listed calls to tracers, and letters."""
