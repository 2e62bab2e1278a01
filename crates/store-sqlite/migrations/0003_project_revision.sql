-- Counted up with every change of a project, so that a change made against an older state is noticed.
ALTER TABLE project ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
