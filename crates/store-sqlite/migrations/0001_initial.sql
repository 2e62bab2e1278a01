-- The rule the speed stands on (DESIGN 5): no index whose key is not in id order is written in an accepting or
-- settling commit. `event` and `delivery` are keyed by the event's ordinal and have no other index; lists read the
-- sorted runs that are built behind the hot path.

-- What the installation and the store itself remember, by name.
CREATE TABLE fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE project (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    contract TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
);
CREATE UNIQUE INDEX project_id ON project (id) WHERE deleted_at IS NULL;

CREATE TABLE tenant (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL,
    id TEXT NOT NULL,
    routing INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
);
CREATE UNIQUE INDEX tenant_id ON tenant (project, id) WHERE deleted_at IS NULL;
CREATE INDEX tenant_project ON tenant (project, key);

CREATE TABLE api_key (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    project INTEGER NOT NULL,
    name TEXT NOT NULL,
    mode INTEGER NOT NULL,
    tenant INTEGER,
    scopes TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE INDEX api_key_project ON api_key (project, key);

CREATE TABLE type_name (key INTEGER PRIMARY KEY AUTOINCREMENT, project INTEGER NOT NULL, name TEXT NOT NULL);
CREATE UNIQUE INDEX type_name_name ON type_name (project, name);
CREATE TABLE event_type (
    key INTEGER PRIMARY KEY, -- of type_name
    description TEXT NOT NULL,
    schema TEXT,
    example TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived_at INTEGER
);

CREATE TABLE endpoint (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    project INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    config TEXT NOT NULL,
    sealed BLOB NOT NULL,
    enabled INTEGER NOT NULL,
    disabled_at INTEGER,
    disabled_reason INTEGER,
    failure_count INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    last_success_at INTEGER,
    last_attempt_at INTEGER,
    last_status INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    revision INTEGER NOT NULL
);
CREATE INDEX endpoint_tenant ON endpoint (tenant, mode, key) WHERE deleted_at IS NULL;
CREATE INDEX endpoint_project ON endpoint (project, mode, key) WHERE deleted_at IS NULL;

-- Accepted at the instant in its id. `world` is project * 2 + mode. The wide columns come last, so that a scan of
-- the narrow ones does not follow overflow pages.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    world INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    retention_days INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    deliver_at INTEGER,
    idem BLOB,
    ordering_key TEXT,
    attributes BLOB,
    changes BLOB,
    data BLOB -- NULL once erased
);

-- `due` is NULL while the delivery is in a lane (`okey` NULL) or parked behind the head of its ordered key.
CREATE TABLE delivery (
    event INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    state INTEGER NOT NULL,
    due INTEGER,
    step INTEGER NOT NULL,
    okey INTEGER,
    log BLOB,
    PRIMARY KEY (event, endpoint)
) WITHOUT ROWID;

-- What is due: spilled, retried, scheduled, and heads of ordered keys.
CREATE TABLE due (
    endpoint INTEGER NOT NULL,
    due INTEGER NOT NULL,
    event INTEGER NOT NULL,
    step INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    first_attempt_at INTEGER,
    okey INTEGER,
    scheduled INTEGER NOT NULL,
    PRIMARY KEY (endpoint, due, event)
) WITHOUT ROWID;

CREATE TABLE ordered_head (
    endpoint INTEGER NOT NULL,
    okey INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (endpoint, okey)
) WITHOUT ROWID;
CREATE TABLE parked (
    endpoint INTEGER NOT NULL,
    okey INTEGER NOT NULL,
    place INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (endpoint, okey, place, event)
) WITHOUT ROWID;

-- Match sets too large for their append; a row goes away with its last chunk.
CREATE TABLE fanout (event INTEGER PRIMARY KEY, endpoints BLOB NOT NULL, done INTEGER NOT NULL);

-- Failed and held deliveries: few, and looked for by people.
CREATE TABLE problem (
    event INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (event, endpoint)
) WITHOUT ROWID;
CREATE INDEX problem_endpoint ON problem (endpoint, state, event);

-- List indexes, built behind the hot path: each run is sorted by itself and covers the events from `first` to `last`.
CREATE TABLE list_run (run INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE run_delivery (
    run INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (run, endpoint, event)
) WITHOUT ROWID;
CREATE TABLE run_event (
    run INTEGER NOT NULL,
    owner INTEGER NOT NULL, -- tenant * 2 + mode
    event INTEGER NOT NULL,
    PRIMARY KEY (run, owner, event)
) WITHOUT ROWID;

-- Idempotency keys older than those in memory. `count` is the number of events of a whole request, 0 for one event.
CREATE TABLE idempotency (
    world INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    event INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (world, hash)
) WITHOUT ROWID;

CREATE TABLE replay (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    project INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    selection TEXT NOT NULL,
    per_second INTEGER NOT NULL,
    matched INTEGER NOT NULL,
    status INTEGER NOT NULL,
    cursor INTEGER,
    reopened INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX replay_project ON replay (project, mode, key);
CREATE INDEX replay_running ON replay (status) WHERE status = 0;

CREATE TABLE audit (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER,
    tenant TEXT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX audit_project ON audit (project, key);

CREATE TABLE stat (
    endpoint INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    exhausted INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    latency_max_ms INTEGER NOT NULL,
    PRIMARY KEY (endpoint, minute)
) WITHOUT ROWID;

-- How far retention has come, by class; expired events that still had something pending get a day more.
CREATE TABLE retention (days INTEGER PRIMARY KEY, mark INTEGER NOT NULL);
CREATE TABLE late (event INTEGER PRIMARY KEY, until INTEGER NOT NULL);

-- Tenants (kind 0) and projects (kind 1) whose rows are being erased.
CREATE TABLE erasure (kind INTEGER NOT NULL, key INTEGER NOT NULL, mark INTEGER NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
