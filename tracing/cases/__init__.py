"""A positive person, from the laboratory's notice to closure."""
