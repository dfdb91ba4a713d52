"""Telephone calls: claiming the next one, conversations, answers, drafts, how a call ends."""
