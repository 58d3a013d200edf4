"""a table is rebuilt on SQLite

Revision ID: b1aaaaaaaaaa
Revises: a1aaaaaaaaaa
Create Date: 2023-01-02 10:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "b1aaaaaaaaaa"
down_revision = "a1aaaaaaaaaa"


def upgrade():
    with op.batch_alter_table("t") as batch:
        batch.alter_column("name", type_=sa.String(50), existing_nullable=False)


def downgrade():
    with op.batch_alter_table("t") as batch:
        batch.alter_column("name", type_=sa.String(20), existing_nullable=False)
