-- Events are read by time, page by page.
CREATE INDEX audit_log_at ON directory.audit_log (at, id);
