import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, Integer, Numeric, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


def key():
    return mapped_column(UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"))


def moment():
    return mapped_column(DateTime(timezone=True), nullable=False, server_default=func.now())


def extra():
    # "metadata" is taken by SQLAlchemy on the class, not in the table.
    return mapped_column("metadata", JSONB, nullable=False, server_default=text("'{}'"))


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_email", "email", unique=True),
        Index("ix_users_created_at", "created_at"),
    )

    id: Mapped[uuid.UUID] = key()
    email: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(120))
    extra: Mapped[dict] = extra()
    created_at: Mapped[datetime] = moment()
    updated_at: Mapped[datetime] = moment()


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_sku", "sku", unique=True),
        Index("ix_products_title", "title"),
    )

    id: Mapped[uuid.UUID] = key()
    sku: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    extra: Mapped[dict] = extra()
    created_at: Mapped[datetime] = moment()
    updated_at: Mapped[datetime] = moment()


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_user_id", "user_id"),
        Index("ix_orders_status_created_at", "status", "created_at"),
    )

    id: Mapped[uuid.UUID] = key()
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    product_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    quantity: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    total: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    status: Mapped[str] = mapped_column(String(20), server_default=text("'pending'"))
    extra: Mapped[dict] = extra()
    created_at: Mapped[datetime] = moment()
    updated_at: Mapped[datetime] = moment()


class LlmRoundTableResult(Base):
    __tablename__ = "llm_round_table_results"
    __table_args__ = (Index("ix_llm_round_table_results_created_at", "created_at"),)

    id: Mapped[uuid.UUID] = key()
    topic: Mapped[str] = mapped_column(Text)
    participants: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    transcript: Mapped[dict] = mapped_column(JSONB)
    score: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    extra: Mapped[dict] = extra()
    created_at: Mapped[datetime] = moment()


class AgentExecution(Base):
    __tablename__ = "agent_executions"
    __table_args__ = (
        Index("ix_agent_executions_user_id", "user_id"),
        Index("ix_agent_executions_status", "status"),
    )

    id: Mapped[uuid.UUID] = key()
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    agent: Mapped[str] = mapped_column(String(100))
    input: Mapped[dict] = mapped_column(JSONB)
    output: Mapped[dict | None] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(20), server_default=text("'running'"))
    extra: Mapped[dict] = extra()
    created_at: Mapped[datetime] = moment()
    updated_at: Mapped[datetime] = moment()


class ToolExecution(Base):
    __tablename__ = "tool_executions"
    __table_args__ = (
        Index("ix_tool_executions_agent_execution_id", "agent_execution_id"),
        Index("ix_tool_executions_tool", "tool"),
        Index("ix_tool_executions_once", "agent_execution_id", "tool", "created_at", unique=True),
    )

    id: Mapped[uuid.UUID] = key()
    agent_execution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agent_executions.id", ondelete="CASCADE"))
    tool: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    result: Mapped[dict | None] = mapped_column(JSONB)
    succeeded: Mapped[bool | None] = mapped_column(Boolean)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = moment()


class RagDocument(Base):
    __tablename__ = "rag_documents"
    __table_args__ = (
        Index("ix_rag_documents_source_chunk", "source", "chunk", unique=True),
        Index("ix_rag_documents_tags", "tags", postgresql_using="gin"),
    )

    id: Mapped[uuid.UUID] = key()
    source: Mapped[str] = mapped_column(Text)
    chunk: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    content: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    extra: Mapped[dict] = extra()
    created_at: Mapped[datetime] = moment()
    updated_at: Mapped[datetime] = moment()
