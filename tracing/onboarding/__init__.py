"""Recruits: invitation, practice calls with invented people, review by a referent, certification."""
