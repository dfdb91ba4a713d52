"""People whom a case met: the contact list, each contact's risk, call and quarantine, and when one becomes a case."""
