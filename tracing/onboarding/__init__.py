"""Recruits: invitation, practice on invented people, review, certification."""
