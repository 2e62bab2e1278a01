CREATE INDEX CONCURRENTLY endpoint_enabled ON postrider.endpoint (project, mode, enabled, key)
    WHERE deleted_at IS NULL
