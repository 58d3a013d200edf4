from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


# Every model registers itself when it is imported.
import app.models  # noqa: E402, F401
