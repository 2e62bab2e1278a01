-- A million deliveries of a million events, of a thousand endpoints of fifty tenants, in twenty days of class 30; one in
-- a hundred failed, one in fifty pending.
INSERT INTO postrider.project (id, name, contract, settings, created_at, updated_at) VALUES ('p', 'P', 'standard', '{}', 0, 0);
INSERT INTO postrider.tenant (project, id, routing, created_at) SELECT 1, 't' || n, 1, 0 FROM generate_series(1, 50) n;
INSERT INTO postrider.type_name (project, name)
  SELECT 1, 'type.' || n FROM generate_series(1, 20) n UNION ALL SELECT 1, 'rare';
INSERT INTO postrider.endpoint (id, project, mode, tenant, config, sealed, enabled, created_at, updated_at, revision)
  SELECT gen_random_uuid(), 1, 0, (n - 1) / 20 + 1, '{}', '', true, 0, 0, 1 FROM generate_series(1, 1000) n;

DO $$
DECLARE name text; first bigint;
BEGIN
  FOREACH name IN ARRAY ARRAY['event', 'delivery'] LOOP
    EXECUTE format('CREATE TABLE postrider.%s_30 PARTITION OF postrider.%s FOR VALUES IN (30) PARTITION BY RANGE (%s)',
      name, name, CASE name WHEN 'event' THEN 'id' ELSE 'event' END);
    EXECUTE format('CREATE TABLE postrider.%s_30_default PARTITION OF postrider.%s_30 DEFAULT', name, name);
    FOR day IN {now_ms} / 86400000 - 32 .. {now_ms} / 86400000 + 2 LOOP
      first := (day * 86400000::bigint) << 16;
      EXECUTE format('CREATE TABLE postrider.%s_30_%s PARTITION OF postrider.%s_30 FOR VALUES FROM (%s) TO (%s)',
        name, day, name, first, first + (86400000::bigint << 16));
    END LOOP;
  END LOOP;
END $$;
INSERT INTO postrider.retention VALUES (30, ({now_ms} - 30 * 86400000::bigint) << 16);
INSERT INTO postrider.node (number, generation, name, address, version, serves, works, started_at, beat_at, lease,
    low_water, leaving, queued, in_flight)
  VALUES (0, 1, 'n', '', '', true, true, now(), now(), interval '1 hour', ({now_ms} - 2000) << 16, false, 0, 0);

-- Scattered over endpoints as traffic is.
CREATE UNLOGGED TABLE made AS
  SELECT (({now_ms} - 20 * 86400000::bigint + n * 1728) << 16) + 1 AS event,
    (hashint4(n) & 2147483647) % 1000 + 1 AS endpoint, n,
    CASE WHEN n % 50 = 0 THEN 0 WHEN hashint4(n + 7) % 100 = 0 THEN 2 ELSE 1 END AS state
  FROM generate_series(1, 1000000) n;
INSERT INTO postrider.event (id, world, tenant, kind, "timestamp", deliveries, class, flags, endpoints, data)
  SELECT event, 2, (endpoint - 1) / 20 + 1, CASE WHEN n % 10000 = 0 THEN 21 ELSE n % 20 + 1 END, event >> 16, 1, 30, 0,
    -- The match set of one endpoint: a varint of its zigzag, and a run of one.
    CASE WHEN endpoint * 2 < 128 THEN set_byte('\x0004'::bytea, 0, endpoint * 2)
      ELSE set_byte(set_byte('\x000004'::bytea, 0, endpoint * 2 % 128 + 128), 1, endpoint * 2 / 128) END,
    convert_to(repeat('{"some": "data"} ', 24), 'UTF8')
  FROM made ORDER BY event;
INSERT INTO postrider.delivery (event, endpoint, tenant, class, state, attempts, log)
  SELECT event, endpoint, (endpoint - 1) / 20 + 1, 30, state, 1,
    CASE state WHEN 1 THEN '\x{log_ok}'::bytea ELSE '\x{log_bad}'::bytea END
  FROM made WHERE state > 0 ORDER BY event;
INSERT INTO postrider.pending (event, endpoint, tenant, due, xact, step, attempts, class, slot, writer, flags, parked,
    scheduled, log)
  SELECT event, endpoint, (endpoint - 1) / 20 + 1, event >> 16, 1, 1, 1, 30, 0, 0, 0, false, false, '\x{log_bad}'::bytea
  FROM made WHERE state = 0 ORDER BY event;
DROP TABLE made;
ANALYZE;
