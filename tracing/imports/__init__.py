"""Data in: encrypted extracts of laboratory results, opened, read, judged line by line and taken in."""
