-- What each node counted of a project's mode in a minute, packed. `world` is project * 2 + mode.
CREATE TABLE project_stat (
    world INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    node INTEGER NOT NULL,
    counts BLOB NOT NULL,
    PRIMARY KEY (world, minute, node)
) WITHOUT ROWID;
