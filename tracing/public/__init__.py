"""Public pages: whoever was called, or holds a note, checks it and learns nothing else. No account, no cookie."""
