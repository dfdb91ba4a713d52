"""The file of one case or contact, found by an exact key and for a reason; every search and every opening is kept."""
