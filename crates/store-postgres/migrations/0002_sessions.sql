-- Who is signed in, by the SHA-256 of a token. What belongs to a tenant names it, so that it ends with it.
CREATE TABLE postrider.portal_link (
    hash bytea PRIMARY KEY,
    project bigint NOT NULL,
    mode smallint NOT NULL,
    tenant bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    opened_at bigint
);
CREATE INDEX portal_link_expires ON postrider.portal_link (expires_at);
CREATE INDEX portal_link_tenant ON postrider.portal_link (tenant);

-- `kind` 0: the root key, `secret` proves which one; 1: a key of a project, `secret` is its hash; 2: a customer.
CREATE TABLE postrider.session (
    hash bytea PRIMARY KEY,
    kind smallint NOT NULL,
    secret bytea,
    project bigint,
    mode smallint,
    tenant bigint,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX session_expires ON postrider.session (expires_at);
CREATE INDEX session_tenant ON postrider.session (tenant) WHERE tenant IS NOT NULL;

-- Forms that were taken, by the session they were made for.
CREATE TABLE postrider.form (
    session bytea NOT NULL,
    hash bytea NOT NULL,
    expires_at bigint NOT NULL,
    outcome text,
    PRIMARY KEY (session, hash)
);
CREATE INDEX form_expires ON postrider.form (expires_at);
