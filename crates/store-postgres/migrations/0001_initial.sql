-- The rules the speed stands on (DESIGN 5): what is accepted is written once and never updated; what waits is a small
-- table beside it, from which rows go. A delivery that goes straight to a lane of the accepting node has no row before it
-- is settled: its event's match set names it, and the node's low-water mark says where to look after a crash.
--
-- Times are milliseconds since 1970; ids of events are ordinals (milliseconds, node, counter).

-- What the installation remembers, by name.
CREATE TABLE postrider.fact (name text PRIMARY KEY, value bytea NOT NULL);

CREATE TABLE postrider.project (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL,
    name text NOT NULL,
    contract text NOT NULL,
    settings text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    deleted_at bigint,
    -- A project's own part of its tenants' routing version: a change of the project writes one row, not all its tenants'.
    routing bigint NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX project_id ON postrider.project (id) WHERE deleted_at IS NULL;

CREATE TABLE postrider.tenant (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project bigint NOT NULL,
    id text NOT NULL,
    routing bigint NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint
);
CREATE UNIQUE INDEX tenant_id ON postrider.tenant (project, id) WHERE deleted_at IS NULL;
CREATE INDEX tenant_project ON postrider.tenant (project, key);

CREATE TABLE postrider.api_key (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    project bigint NOT NULL,
    name text NOT NULL,
    mode smallint NOT NULL,
    tenant bigint,
    scopes text NOT NULL,
    prefix text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    revoked_at bigint
);
CREATE INDEX api_key_project ON postrider.api_key (project, key);
CREATE INDEX api_key_owner ON postrider.api_key (tenant);

CREATE TABLE postrider.type_name (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    UNIQUE (project, name)
);
CREATE TABLE postrider.event_type (
    key bigint PRIMARY KEY, -- of type_name
    description text NOT NULL,
    schema text,
    example text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    archived_at bigint
);

CREATE TABLE postrider.endpoint (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    project bigint NOT NULL,
    mode smallint NOT NULL,
    tenant bigint NOT NULL,
    config text NOT NULL,
    sealed bytea NOT NULL,
    enabled boolean NOT NULL,
    disabled_at bigint,
    disabled_reason smallint,
    failure_count integer NOT NULL DEFAULT 0,
    failing_since bigint,
    last_success_at bigint,
    last_attempt_at bigint,
    last_status smallint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    deleted_at bigint,
    revision bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX endpoint_tenant ON postrider.endpoint (tenant, mode, key) WHERE deleted_at IS NULL;
CREATE INDEX endpoint_project ON postrider.endpoint (project, mode, key) WHERE deleted_at IS NULL;
CREATE INDEX endpoint_owner ON postrider.endpoint (tenant);

-- Accepted at the instant in its id. `world` is project * 2 + mode, `class` the days its history is kept. `endpoints` is
-- the packed match set of all its deliveries. `data` is NULL once erased. Its partitions are made ahead, by class and
-- then by days, and dropped when their class has ended.
CREATE TABLE postrider.event (
    id bigint NOT NULL,
    world bigint NOT NULL,
    tenant bigint NOT NULL,
    kind bigint NOT NULL,
    "timestamp" bigint NOT NULL,
    deliver_at bigint,
    deliveries integer NOT NULL,
    class smallint NOT NULL,
    flags smallint NOT NULL,
    endpoints bytea NOT NULL,
    ordering_key text,
    attributes bytea,
    changes bytea,
    data bytea,
    PRIMARY KEY (id, class)
) PARTITION BY LIST (class);
CREATE INDEX event_tenant ON postrider.event (tenant, id);

-- Deliveries that have come to an end, written once. One that is reopened leaves this table for `pending`.
CREATE TABLE postrider.delivery (
    event bigint NOT NULL,
    endpoint bigint NOT NULL,
    tenant bigint NOT NULL,
    class smallint NOT NULL,
    state smallint NOT NULL,
    attempts integer NOT NULL,
    log bytea,
    PRIMARY KEY (endpoint, event, class)
) PARTITION BY LIST (class);
-- Failed and held ones: few, and looked for by people.
CREATE INDEX delivery_problem ON postrider.delivery (endpoint, state, event) WHERE state IN (2, 3);
CREATE INDEX delivery_problem_tenant ON postrider.delivery (tenant, event, endpoint) WHERE state IN (2, 3);
CREATE INDEX delivery_problem_event ON postrider.delivery (event, endpoint) WHERE state IN (2, 3);

-- What waits: spilled, for another node, retried, scheduled, ordered. `place` is the place in the order of `okey` (NULL:
-- none, or scheduled and not entered yet); `parked` means that another one of its key stood before it when it was
-- written. `xact` is the transaction that put it here for its owner to see, `writer` the node it came from.
CREATE SEQUENCE postrider.place;
CREATE TABLE postrider.pending (
    event bigint NOT NULL,
    endpoint bigint NOT NULL,
    tenant bigint NOT NULL,
    due bigint NOT NULL,
    xact bigint NOT NULL,
    first_attempt_at bigint,
    okey bigint,
    place bigint,
    step integer NOT NULL,
    attempts integer NOT NULL,
    class smallint NOT NULL,
    slot smallint NOT NULL,
    writer smallint NOT NULL,
    flags smallint NOT NULL,
    parked boolean NOT NULL,
    scheduled boolean NOT NULL,
    log bytea,
    PRIMARY KEY (endpoint, event) -- lists of an endpoint go by it
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
CREATE INDEX pending_due ON postrider.pending (endpoint, due, event) WHERE NOT parked;
CREATE INDEX pending_line ON postrider.pending (endpoint, okey, place) WHERE place IS NOT NULL;
CREATE INDEX pending_news ON postrider.pending (xact, event, endpoint);

-- Match sets too large for their append: so many of the event's endpoints are written. `owner` is the node that goes on.
CREATE TABLE postrider.fanout (
    event bigint PRIMARY KEY,
    class smallint NOT NULL,
    tenant bigint NOT NULL,
    owner smallint NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL,
    ordered boolean NOT NULL,
    endpoints bytea NOT NULL
);
CREATE INDEX fanout_tenant ON postrider.fanout (tenant, event);

-- `events` and `deliveries` are those of a whole request, or of one event.
CREATE TABLE postrider.idempotency (
    world bigint NOT NULL,
    hash bytea NOT NULL,
    body bytea NOT NULL,
    at bigint NOT NULL,
    whole boolean NOT NULL,
    events bigint[] NOT NULL,
    deliveries integer[] NOT NULL,
    PRIMARY KEY (world, hash)
);
CREATE INDEX idempotency_at ON postrider.idempotency USING brin (at) WITH (pages_per_range = 8);

CREATE TABLE postrider.replay (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    project bigint NOT NULL,
    mode smallint NOT NULL,
    tenant bigint NOT NULL,
    endpoint bigint NOT NULL,
    selection text NOT NULL,
    per_second integer NOT NULL,
    matched bigint NOT NULL,
    status smallint NOT NULL,
    cursor bigint,
    reopened bigint NOT NULL,
    skipped bigint NOT NULL,
    at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX replay_project ON postrider.replay (project, mode, key);
CREATE INDEX replay_running ON postrider.replay (status) WHERE status = 0;
CREATE INDEX replay_owner ON postrider.replay (tenant);

CREATE TABLE postrider.audit (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project bigint,
    tenant text,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail text NOT NULL,
    at bigint NOT NULL
);
CREATE INDEX audit_project ON postrider.audit (project, key);
CREATE INDEX audit_owner ON postrider.audit (project, tenant);

CREATE TABLE postrider.stat (
    endpoint bigint NOT NULL,
    minute bigint NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    exhausted bigint NOT NULL,
    latency_ms bigint NOT NULL,
    latency_max_ms bigint NOT NULL,
    PRIMARY KEY (endpoint, minute)
);

-- Events of a class before its mark have ended; those that still had something pending then are shown a day longer.
CREATE TABLE postrider.retention (class smallint PRIMARY KEY, mark bigint NOT NULL);
CREATE TABLE postrider.late (event bigint PRIMARY KEY, class smallint NOT NULL, until bigint NOT NULL);

-- Events whose content was erased lately: what endpoints answer to attempts under way is not kept, so a commit that
-- settles looks here. `checked`: no transaction that may have looked before is still under way, and what such a one
-- wrote was blanked.
CREATE TABLE postrider.erased (
    event bigint PRIMARY KEY,
    xact bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    checked boolean NOT NULL DEFAULT false
);

-- Tenants (kind 0) and projects (kind 1) whose rows are being erased.
CREATE TABLE postrider.erasure (kind smallint NOT NULL, key bigint NOT NULL, mark bigint NOT NULL, PRIMARY KEY (kind, key));

-- Nodes. A node whose lease has ended is buried by another one, which counts its generation up: what it still tries to
-- write is refused. No delivery of an event before `low_water` that the node accepted is in its lanes only.
CREATE SEQUENCE postrider.generation;
CREATE TABLE postrider.node (
    number smallint PRIMARY KEY,
    generation bigint NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    version text NOT NULL,
    -- The newest version of the schema that its program knows.
    knows integer NOT NULL DEFAULT 1,
    serves boolean NOT NULL,
    works boolean NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL,
    lease interval NOT NULL,
    low_water bigint NOT NULL,
    leaving boolean NOT NULL,
    queued bigint NOT NULL,
    in_flight bigint NOT NULL,
    oldest_due bigint
) WITH (fillfactor = 20);
-- Begins a commit of a node: its lease must be its own still, and stay so until the commit ends. Answers the transaction's
-- id. Whoever buries the node locks its row first.
CREATE FUNCTION postrider.fence(node smallint, held bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM postrider.node n WHERE n.number = node AND n.generation = held FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease of node % has ended', node USING ERRCODE = 'PRF01';
    END IF;
    RETURN pg_current_xact_id()::text::bigint;
END
$$;

CREATE TABLE postrider.slot (
    number smallint PRIMARY KEY,
    owner smallint,
    epoch bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO postrider.slot (number, owner, epoch) SELECT number, NULL, 0 FROM generate_series(0, 255) AS number;

-- What other nodes must know, for a while.
CREATE TABLE postrider.signal (
    xact bigint NOT NULL,
    writer smallint NOT NULL,
    kind smallint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    detail bigint[] NOT NULL
);
CREATE INDEX signal_xact ON postrider.signal (xact);
