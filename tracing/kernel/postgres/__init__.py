"""The PostgreSQL server that comes with the product: programs, cluster, roles, migrations, outages."""
