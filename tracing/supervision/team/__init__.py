"""The tracers of a site: their presence and day, absences, loans to other sites, and requests of callers."""
