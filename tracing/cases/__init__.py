"""Cases: people with a positive result, from the laboratory's report to closure."""
