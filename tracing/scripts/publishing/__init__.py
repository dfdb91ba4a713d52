"""Publishing: a script is a version that is drafted, proposed, approved by two, and takes effect at a moment."""
