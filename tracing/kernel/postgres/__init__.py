"""The PostgreSQL server that comes with the product (programs, cluster), and roles and migrations of any server."""
