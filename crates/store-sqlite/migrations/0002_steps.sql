-- A project's own part of its tenants' routing version: a change of the project writes one row, not all its tenants'.
ALTER TABLE project ADD COLUMN routing INTEGER NOT NULL DEFAULT 0;

-- Keys of requests whose events all repeat earlier ones, so that no event of theirs keeps the mark. Few.
CREATE TABLE request (
    world INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    events BLOB NOT NULL, -- ordinals, eight bytes each
    PRIMARY KEY (world, hash)
) WITHOUT ROWID;
CREATE INDEX request_at ON request (at);

-- By which a deleted tenant's rows are found in small steps.
CREATE INDEX endpoint_owner ON endpoint (tenant);
CREATE INDEX replay_owner ON replay (tenant);
CREATE INDEX api_key_owner ON api_key (tenant);
CREATE INDEX audit_owner ON audit (project, tenant);
