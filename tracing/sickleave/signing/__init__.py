"""The key with which a site signs the papers of its notes: made when it is first needed, renewed before it ends."""
