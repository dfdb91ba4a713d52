"""The PostgreSQL server that comes with the product (programs, cluster), and roles and migrations of any server.

What the application's role may not change is `migrate.CLOSED`: events are only added, versions are the owner's.
"""
