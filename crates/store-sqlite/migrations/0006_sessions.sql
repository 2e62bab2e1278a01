-- Who is signed in, by the SHA-256 of a token. What belongs to a tenant names it, so that it ends with it.
CREATE TABLE portal_link (
    hash BLOB PRIMARY KEY,
    project INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    opened_at INTEGER
) WITHOUT ROWID;
CREATE INDEX portal_link_expires ON portal_link (expires_at);
CREATE INDEX portal_link_tenant ON portal_link (tenant);

-- `kind` 0: the root key, `secret` proves which one; 1: a key of a project, `secret` is its hash; 2: a customer.
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    kind INTEGER NOT NULL,
    secret BLOB,
    project INTEGER,
    mode INTEGER,
    tenant INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_tenant ON session (tenant) WHERE tenant IS NOT NULL;

-- Forms that were taken, by the session they were made for.
CREATE TABLE form (
    session BLOB NOT NULL,
    hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    outcome TEXT,
    PRIMARY KEY (session, hash)
) WITHOUT ROWID;
CREATE INDEX form_expires ON form (expires_at);
