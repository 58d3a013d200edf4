"""both sides again

Revision ID: e1aaaaaaaaaa
Revises: c1aaaaaaaaaa, d1aaaaaaaaaa
Create Date: 2023-01-05 10:00:00

"""

revision = "e1aaaaaaaaaa"
down_revision = ("c1aaaaaaaaaa", "d1aaaaaaaaaa")


def upgrade():
    pass


def downgrade():
    pass
