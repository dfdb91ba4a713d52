"""The supervisor's and auditor's pages of a site: board, lists to decide on, order of calls, team, journal."""
