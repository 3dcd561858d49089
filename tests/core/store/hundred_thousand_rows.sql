-- 100,000 dashboards, runs and parts of lineage; 20,000 of what there is less of.
INSERT INTO dashboards (slug, title, owner, revision, published_at, published_by, search, sort_title)
SELECT 'board-' || n, 'Board ' || n, 'owner' || n % 100, 'r', '2026-11-23T00:00:00.000000Z', 'ann',
       'board-' || n, 'board ' || lpad(n::text, 6, '0')
FROM generate_series(1, 100000) n;
INSERT INTO dashboard_tags (slug, position, tag)
SELECT 'board-' || n, 0, 'tag' || n % 1000 FROM generate_series(1, 100000) n;
INSERT INTO lineage_nodes (slug, position, id, kind, name)
SELECT 'board-' || n % 10000 + 1, n / 10000, 'table:' || n, 'table', 't' FROM generate_series(0, 99999) n;
INSERT INTO lineage_edges (slug, position, source, target, kind)
SELECT 'board-' || n % 10000 + 1, n / 10000, 'a', 'b', 'reads' FROM generate_series(0, 99999) n;
INSERT INTO receipts (slug, revision, query, id, fingerprint, verdict, verified_at, body)
SELECT 'board-' || n % 2000 + 1, 'r', 'q' || n / 2000, n, 'f', 'passed', '2026-01-01T00:00:00Z', '{}'
FROM generate_series(0, 19999) n;
INSERT INTO runs (id, at, day, slug, query, fingerprint, principal, engine, status, bytes_scanned,
                  bytes_billed, cost_usd, cache_hit, duration_ms)
SELECT n, to_char(timestamp '2026-11-23 03:00' - n * interval '5 minutes',
                  'YYYY-MM-DD"T"HH24:MI:SS".000000Z"'),
       to_char(timestamp '2026-11-23 03:00' - n * interval '5 minutes', 'YYYY-MM-DD'),
       'board-' || n % 100, 'q', 'f', 'ann', 'bigquery', 'succeeded', 1, 1, 1, false, 1
FROM generate_series(1, 100000) n;
INSERT INTO sessions (hash, principal, name, roles, host, created_at, seen_at, expires_at)
SELECT md5(n::text), 'user' || n % 5000, '', 'viewer', 'local', '2026-01-01T00:00:00Z', '2026-11-23T00:00:00Z', '2026-12-01T00:00:00Z'
FROM generate_series(1, 20000) n;
INSERT INTO api_tokens (hash, id, name, owner, roles, created_at)
SELECT md5(n::text), n, 't', 'user' || n % 5000, 'viewer', '2026-01-01T00:00:00Z' FROM generate_series(1, 20000) n;
INSERT INTO budget_entries (run_id, at, principal, reserved_usd, settled, expires_at)
SELECT n, '2026-11-22T00:00:00Z', 'ann', 1, true, '2026-11-22T00:00:00Z' FROM generate_series(1, 20000) n;
ANALYZE;
