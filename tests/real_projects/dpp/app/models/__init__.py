from app.models.persona import Persona
from app.models.user import User

__all__ = ["Persona", "User"]
