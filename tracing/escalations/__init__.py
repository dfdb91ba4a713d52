"""Escalations: questions to a medical adviser or a referent, from raising to the answer, with the call it may need."""
