"""The import pages: lots, sources and their keys, column mapping and corrections for the import officer; priorities for the
supervisor.
"""
