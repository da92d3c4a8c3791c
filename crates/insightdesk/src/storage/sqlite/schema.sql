-- The schema of version 1. Times are milliseconds since the Unix epoch.

CREATE TABLE organizations (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    email           TEXT NOT NULL UNIQUE,
    role            TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    password_hash   TEXT NOT NULL,
    created_at      INTEGER NOT NULL
) WITHOUT ROWID;

-- A session is one login: the family of refresh tokens that descend from it. used_at marks a token as spent.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id),
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash       BLOB PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE tickets (
    number          INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    title           TEXT NOT NULL,
    description     TEXT NOT NULL DEFAULT '',
    status          TEXT NOT NULL DEFAULT 'OPEN',
    priority        TEXT NOT NULL DEFAULT 'MEDIUM',
    priority_rank   INTEGER NOT NULL GENERATED ALWAYS AS (
        CASE priority WHEN 'LOW' THEN 0 WHEN 'MEDIUM' THEN 1 WHEN 'HIGH' THEN 2 ELSE 3 END) VIRTUAL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    tenant          TEXT NOT NULL GENERATED ALWAYS AS (hex(organization_id)) VIRTUAL,
    assignee_id     TEXT,
    created_by      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    resolved_at     INTEGER
);
CREATE INDEX tickets_created ON tickets (organization_id, created_at, number);
CREATE INDEX tickets_updated ON tickets (organization_id, updated_at, number);
CREATE INDEX tickets_status ON tickets (organization_id, status, created_at, number);
CREATE INDEX tickets_priority ON tickets (organization_id, priority_rank, created_at, number);
CREATE INDEX tickets_assignee ON tickets (organization_id, assignee_id, created_at, number);

CREATE TABLE comments (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    ticket_id  TEXT NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    author_id  TEXT NOT NULL,
    content    TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX comments_ticket ON comments (ticket_id, number);

-- Counting a large tenant's tickets on every list and dashboard would cost time in proportion to them, so the
-- counts are kept: by status and priority, and by day. The triggers below are the only writers.
CREATE TABLE ticket_counts (
    organization_id TEXT NOT NULL,
    status          TEXT NOT NULL,
    priority        TEXT NOT NULL,
    tickets         INTEGER NOT NULL,
    created_ms_sum  INTEGER NOT NULL,
    PRIMARY KEY (organization_id, status, priority)
) WITHOUT ROWID;

CREATE TABLE ticket_days (
    organization_id TEXT NOT NULL,
    day             INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    resolved        INTEGER NOT NULL,
    PRIMARY KEY (organization_id, day)
) WITHOUT ROWID;

CREATE TRIGGER tickets_counted AFTER INSERT ON tickets BEGIN
    INSERT INTO ticket_counts VALUES (new.organization_id, new.status, new.priority, 1, new.created_at)
        ON CONFLICT DO UPDATE SET tickets = tickets + 1, created_ms_sum = created_ms_sum + new.created_at;
    INSERT INTO ticket_days VALUES (new.organization_id, new.created_at / 86400000, 1, 0)
        ON CONFLICT DO UPDATE SET created = created + 1;
    INSERT INTO ticket_days
        SELECT new.organization_id, new.resolved_at / 86400000, 0, 1 WHERE new.resolved_at IS NOT NULL
        ON CONFLICT DO UPDATE SET resolved = resolved + 1;
END;

CREATE TRIGGER tickets_uncounted AFTER DELETE ON tickets BEGIN
    UPDATE ticket_counts SET tickets = tickets - 1, created_ms_sum = created_ms_sum - old.created_at
        WHERE organization_id = old.organization_id AND status = old.status AND priority = old.priority;
    UPDATE ticket_days SET created = created - 1
        WHERE organization_id = old.organization_id AND day = old.created_at / 86400000;
    UPDATE ticket_days SET resolved = resolved - 1
        WHERE organization_id = old.organization_id AND day = old.resolved_at / 86400000;
END;

CREATE TRIGGER tickets_recounted AFTER UPDATE OF status, priority, resolved_at ON tickets BEGIN
    UPDATE ticket_counts SET tickets = tickets - 1, created_ms_sum = created_ms_sum - old.created_at
        WHERE organization_id = old.organization_id AND status = old.status AND priority = old.priority;
    INSERT INTO ticket_counts VALUES (new.organization_id, new.status, new.priority, 1, new.created_at)
        ON CONFLICT DO UPDATE SET tickets = tickets + 1, created_ms_sum = created_ms_sum + new.created_at;
    UPDATE ticket_days SET resolved = resolved - 1
        WHERE organization_id = old.organization_id AND day = old.resolved_at / 86400000;
    INSERT INTO ticket_days
        SELECT new.organization_id, new.resolved_at / 86400000, 0, 1 WHERE new.resolved_at IS NOT NULL
        ON CONFLICT DO UPDATE SET resolved = resolved + 1;
END;

-- Full text, without a second copy of it: the index reads the text from the tickets themselves. The tenant is indexed
-- as a word too (in hexadecimal, which the tokenizer leaves in one piece), so that a search need not step over the
-- tickets of others.
CREATE VIRTUAL TABLE tickets_text USING fts5 (
    title, description, tenant, content = 'tickets', content_rowid = 'number', tokenize = 'porter unicode61'
);
CREATE TRIGGER tickets_indexed AFTER INSERT ON tickets BEGIN
    INSERT INTO tickets_text (rowid, title, description, tenant)
        VALUES (new.number, new.title, new.description, new.tenant);
END;
CREATE TRIGGER tickets_unindexed AFTER DELETE ON tickets BEGIN
    INSERT INTO tickets_text (tickets_text, rowid, title, description, tenant)
        VALUES ('delete', old.number, old.title, old.description, old.tenant);
END;
CREATE TRIGGER tickets_reindexed AFTER UPDATE OF title, description ON tickets BEGIN
    INSERT INTO tickets_text (tickets_text, rowid, title, description, tenant)
        VALUES ('delete', old.number, old.title, old.description, old.tenant);
    INSERT INTO tickets_text (rowid, title, description, tenant)
        VALUES (new.number, new.title, new.description, new.tenant);
END;

CREATE TABLE categories (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE articles (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    slug       TEXT NOT NULL UNIQUE,
    title      TEXT NOT NULL,
    category   TEXT NOT NULL REFERENCES categories (slug),
    excerpt    TEXT NOT NULL,
    content    TEXT NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX articles_title ON articles (title, number);
CREATE INDEX articles_category ON articles (category, title, number);

CREATE VIRTUAL TABLE articles_text USING fts5 (
    title, content, content = 'articles', content_rowid = 'number', tokenize = 'porter unicode61'
);
CREATE TRIGGER articles_indexed AFTER INSERT ON articles BEGIN
    INSERT INTO articles_text (rowid, title, content) VALUES (new.number, new.title, new.content);
END;
