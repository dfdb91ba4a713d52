"""The journal for the auditor: who did what, and who saw whose identity."""
