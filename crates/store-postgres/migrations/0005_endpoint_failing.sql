CREATE INDEX CONCURRENTLY endpoint_failing ON postrider.endpoint (project, mode, key)
    WHERE failing_since IS NOT NULL AND deleted_at IS NULL
