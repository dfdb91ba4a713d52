"""The contagious days one by one: whom the case met on each, and where they were."""
