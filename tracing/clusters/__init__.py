"""Places that several cases name within days: said in the call without naming anybody, and listed for advisers."""
