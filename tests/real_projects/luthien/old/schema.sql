-- The control plane's database as it was made by hand.
CREATE TABLE control_policies (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    type varchar(50) NOT NULL,
    config jsonb DEFAULT '{}',
    active boolean DEFAULT true,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE request_logs (
    id bigserial PRIMARY KEY,
    call_id text NOT NULL,
    trace_id text,
    direction varchar(10) NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    payload jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_request_logs_call_id ON request_logs (call_id);

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END
$$;
CREATE TRIGGER control_policies_touch BEFORE UPDATE ON control_policies
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
