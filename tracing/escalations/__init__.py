"""A medical adviser or a referent must look: raise, take, settle."""
