-- Of a project's endpoints: those that are enabled, or not, and those that fail. Written when one is switched, and when a
-- streak of failures begins or ends; while neither happens a settle writes nothing of them.
CREATE INDEX endpoint_enabled ON endpoint (project, mode, enabled, key) WHERE deleted_at IS NULL;
CREATE INDEX endpoint_failing ON endpoint (project, mode, key)
    WHERE failing_since IS NOT NULL AND deleted_at IS NULL;
