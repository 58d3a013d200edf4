"""first

Revision ID: a1aaaaaaaaaa
Revises:
Create Date: 2023-01-01 10:00:00.123456

"""

import sqlalchemy as sa
from alembic import op

revision = "a1aaaaaaaaaa"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("mood", sa.Enum("sad", "ok", name="mood")),
        sa.UniqueConstraint("name"),
    )
    rows = sa.table("t", sa.column("id", sa.Integer), sa.column("name", sa.String))
    op.bulk_insert(rows, [{"id": 1, "name": "o'x:y%z"}])


def downgrade():
    op.drop_table("t")
    sa.Enum(name="mood").drop(op.get_bind(), checkfirst=True)
