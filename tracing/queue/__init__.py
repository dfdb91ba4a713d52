"""Who is called next, and by whom."""
