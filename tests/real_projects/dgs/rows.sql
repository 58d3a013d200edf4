INSERT INTO dgs_jobs (job_id, request, created_at, progress)
SELECT 'job-' || n, jsonb_build_object('topic', 'fractions', 'n', n), '2026-01-01T00:00:00Z', n / 10.0 FROM generate_series(1, 20) n;
INSERT INTO dgs_lessons (lesson_id, job_id, topic, title, tags, body)
SELECT 'lesson-' || n, 'job-' || n, 'fractions', 'Halves and thirds', ARRAY['math', 'grade-' || n], '{}' FROM generate_series(1, 20) n;
INSERT INTO llm_call_audit (call_id, job_id, model, cost_usd) SELECT 'call-' || n, 'job-1', 'large', 0.0125 FROM generate_series(1, 20) n;
