"""Members of staff: accounts, log-in, roles and permissions, working hours, absences and loans between sites."""
