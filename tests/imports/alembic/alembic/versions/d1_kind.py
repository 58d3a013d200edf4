"""one way for each database

Revision ID: d1aaaaaaaaaa
Revises: b1aaaaaaaaaa
Create Date: 2023-01-04 10:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "d1aaaaaaaaaa"
down_revision = "b1aaaaaaaaaa"


def upgrade():
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum("x", "y", name="kind").create(bind, checkfirst=True)
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE mood ADD VALUE 'fine'")
    else:
        op.add_column("t", sa.Column("kind", sa.Text))


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        sa.Enum(name="kind").drop(op.get_bind(), checkfirst=False)
    else:
        op.drop_column("t", "kind")
