"""The administrator's pages: accounts of a site, and national import officers."""
