-- So many runs of a level become one of the next: a list looks at few runs, however much they cover. A merged run has
-- a later number than newer ones: their order is that of `last`.
ALTER TABLE list_run ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX list_run_last ON list_run (last);

-- Runs that no list reads: being written, merged into another, or ended. What nobody writes is removed in small steps.
CREATE TABLE loose_run (run INTEGER PRIMARY KEY);
-- What a stop may have left of the run that was being written.
INSERT INTO loose_run (run) SELECT coalesce(max(run), 0) + 1 FROM list_run;
