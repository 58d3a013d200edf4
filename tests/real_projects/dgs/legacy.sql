CREATE TABLE dgs_jobs (
    job_id text PRIMARY KEY,
    request jsonb NOT NULL,
    status text NOT NULL DEFAULT 'queued',
    phase text,
    subphase text,
    created_at text NOT NULL,
    started_at text,
    finished_at text,
    attempts integer NOT NULL DEFAULT 0,
    tokens_used integer,
    progress double precision NOT NULL DEFAULT 0.0
);
CREATE INDEX ix_dgs_jobs_status ON dgs_jobs (status, created_at);

CREATE TABLE dgs_lessons (
    lesson_id text PRIMARY KEY,
    job_id text REFERENCES dgs_jobs (job_id) ON DELETE SET NULL,
    topic text NOT NULL,
    title text NOT NULL,
    grade integer,
    tags text[] NOT NULL DEFAULT '{}',
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_dgs_lessons_topic ON dgs_lessons (topic);

CREATE TABLE llm_call_audit (
    call_id text PRIMARY KEY,
    job_id text,
    model text NOT NULL,
    prompt_tokens integer NOT NULL DEFAULT 0,
    completion_tokens integer NOT NULL DEFAULT 0,
    cost_usd numeric(10, 4),
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    error text
);
CREATE INDEX ix_llm_call_audit_job ON llm_call_audit (job_id, started_at);
