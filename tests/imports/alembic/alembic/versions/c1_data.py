"""reads rows

Revision ID: c1aaaaaaaaaa
Revises: b1aaaaaaaaaa
Create Date: 2023-01-03 10:00:00+02:00

"""

import sqlalchemy as sa
from alembic import op

revision = "c1aaaaaaaaaa"
down_revision = "b1aaaaaaaaaa"
branch_labels = ("side",)


def upgrade():
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE t SET name = :n WHERE id = :i"), {"n": "it's", "i": 1})
    for row in connection.execute(sa.text("SELECT id FROM t WHERE id > 100")).fetchall():
        connection.execute(sa.text("DELETE FROM t WHERE id = :i"), {"i": row[0]})
    op.execute("UPDATE t SET name = 'a' -- why")
    op.execute("UPDATE t SET name = 'b'")


def downgrade():
    raise NotImplementedError("no way back")
