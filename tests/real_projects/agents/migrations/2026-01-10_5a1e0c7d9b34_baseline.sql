-- revision: 5a1e0c7d9b34
-- created: 2026-01-10T09:00:00Z
-- message: baseline

-- migrate:upgrade
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END
$$;

CREATE TABLE users (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    email varchar(255) NOT NULL,
    name varchar(120) NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE INDEX ix_users_created_at ON users (created_at);

CREATE TABLE products (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    sku varchar(64) NOT NULL,
    title varchar(200) NOT NULL,
    price numeric(10,2) NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ix_products_sku ON products (sku);
CREATE INDEX ix_products_title ON products (title);

CREATE TABLE orders (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    product_id uuid REFERENCES products (id) ON DELETE SET NULL,
    quantity integer NOT NULL DEFAULT 1,
    total numeric(10,2) NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'pending',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_orders_user_id ON orders (user_id);
CREATE INDEX ix_orders_status_created_at ON orders (status, created_at);

CREATE TABLE llm_round_table_results (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    topic text NOT NULL,
    participants text[] NOT NULL DEFAULT '{}',
    transcript jsonb NOT NULL,
    score numeric(10,2),
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_llm_round_table_results_created_at ON llm_round_table_results (created_at);

CREATE TABLE agent_executions (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid REFERENCES users (id) ON DELETE SET NULL,
    agent varchar(100) NOT NULL,
    input jsonb NOT NULL,
    output jsonb,
    status varchar(20) NOT NULL DEFAULT 'running',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_agent_executions_user_id ON agent_executions (user_id);
CREATE INDEX ix_agent_executions_status ON agent_executions (status);

CREATE TABLE tool_executions (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    agent_execution_id uuid NOT NULL REFERENCES agent_executions (id) ON DELETE CASCADE,
    tool varchar(100) NOT NULL,
    arguments jsonb NOT NULL DEFAULT '{}',
    result jsonb,
    succeeded boolean,
    duration_ms integer,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_tool_executions_agent_execution_id ON tool_executions (agent_execution_id);
CREATE INDEX ix_tool_executions_tool ON tool_executions (tool);
CREATE UNIQUE INDEX ix_tool_executions_once ON tool_executions (agent_execution_id, tool, created_at);

CREATE TABLE rag_documents (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    source text NOT NULL,
    chunk integer NOT NULL DEFAULT 0,
    content text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ix_rag_documents_source_chunk ON rag_documents (source, chunk);
CREATE INDEX ix_rag_documents_tags ON rag_documents USING gin (tags);

CREATE TRIGGER users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER products_updated_at BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER orders_updated_at BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER agent_executions_updated_at BEFORE UPDATE ON agent_executions FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- migrate:downgrade
DROP TABLE rag_documents;
DROP TABLE tool_executions;
DROP TABLE agent_executions;
DROP TABLE llm_round_table_results;
DROP TABLE orders;
DROP TABLE products;
DROP TABLE users;
DROP FUNCTION set_updated_at();
