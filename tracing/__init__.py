"""Telephone contact tracing: import laboratory results, call cases and contacts, decide measures, issue sick notes."""
