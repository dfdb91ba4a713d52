"""The tracers of a site: who is there, absences, loans to other sites."""
