"""Telephone calls: a call made under a claim, its conversations, answers and drafts, and what each outcome means (`rules`)."""
