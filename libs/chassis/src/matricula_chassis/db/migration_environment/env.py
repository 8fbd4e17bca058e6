"""The one Alembic environment of all services: runs on the connection that `migrate` hands over.

It reads no file and no environment variable, and it never connects by itself.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
