-- What each node counted of a project's mode in a minute, packed. `world` is project * 2 + mode.
CREATE TABLE postrider.project_stat (
    world bigint NOT NULL,
    minute bigint NOT NULL,
    node smallint NOT NULL,
    counts bytea NOT NULL,
    PRIMARY KEY (world, minute, node)
);
