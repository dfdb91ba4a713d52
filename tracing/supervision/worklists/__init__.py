"""The lists that wait for a supervisor's decision."""
