"""What the regional health agency, or a clinician, is asked to look at: a record's number and a reason, never a name."""
