-- The schema of version 1. Rows can be inserted with as little as id, title, status, organisation and time.

CREATE TABLE organizations (
    id   text PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE users (
    id              text PRIMARY KEY,
    name            text NOT NULL,
    email           text NOT NULL UNIQUE,
    role            text NOT NULL,
    organization_id text NOT NULL REFERENCES organizations (id),
    password_hash   text NOT NULL,
    created_at      timestamptz NOT NULL
);

-- A session is one login: the family of refresh tokens that descend from it. used_at marks a token as spent.
CREATE TABLE sessions (
    id         bigint PRIMARY KEY,
    user_id    text NOT NULL REFERENCES users (id),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash       bytea PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE tickets (
    id              text PRIMARY KEY,
    title           text NOT NULL,
    description     text NOT NULL DEFAULT '',
    status          text NOT NULL DEFAULT 'OPEN',
    priority        text NOT NULL DEFAULT 'MEDIUM',
    organization_id text NOT NULL REFERENCES organizations (id),
    assignee_id     text,
    created_by      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    resolved_at     timestamptz,
    priority_rank   smallint NOT NULL GENERATED ALWAYS AS (
        CASE priority WHEN 'LOW' THEN 0 WHEN 'MEDIUM' THEN 1 WHEN 'HIGH' THEN 2 ELSE 3 END) STORED,
    number          bigint NOT NULL GENERATED ALWAYS AS IDENTITY
);
-- How a search is best done depends on how common its words are, so that has to be known early.
ALTER TABLE tickets SET (autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX tickets_created ON tickets (organization_id, created_at DESC, number DESC);
CREATE INDEX tickets_updated ON tickets (organization_id, updated_at DESC, number DESC);
CREATE INDEX tickets_status ON tickets (organization_id, status, created_at DESC, number DESC);
CREATE INDEX tickets_priority ON tickets (organization_id, priority_rank, created_at, number);
CREATE INDEX tickets_assignee ON tickets (organization_id, assignee_id, created_at DESC, number DESC);

-- A word in the title is worth more than one in the text.
CREATE FUNCTION weighted_text(title text, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'B');
CREATE INDEX tickets_title_words ON tickets USING gin (to_tsvector('english', title));
CREATE INDEX tickets_words ON tickets USING gin (weighted_text(title, description));

CREATE TABLE comments (
    id         text PRIMARY KEY,
    ticket_id  text NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    author_id  text NOT NULL,
    content    text NOT NULL,
    created_at timestamptz NOT NULL,
    number     bigint NOT NULL GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX comments_ticket ON comments (ticket_id, number);

-- Counting a large tenant's tickets on every list and dashboard would cost time in proportion to them, so the counts are
-- kept: by status and priority, and by day. Each is the sum of several rows, of which a connection always takes the same
-- one: with a single row, all transactions that create tickets would wait for each other. The triggers below are the
-- only writers.
CREATE TABLE ticket_counts (
    organization_id text NOT NULL,
    status          text NOT NULL,
    priority        text NOT NULL,
    slot            integer NOT NULL,
    tickets         bigint NOT NULL,
    created_ms_sum  bigint NOT NULL,
    PRIMARY KEY (organization_id, status, priority, slot)
) WITH (fillfactor = 50);

CREATE TABLE ticket_days (
    organization_id text NOT NULL,
    day             bigint NOT NULL,
    slot            integer NOT NULL,
    created         bigint NOT NULL,
    resolved        bigint NOT NULL,
    PRIMARY KEY (organization_id, day, slot)
) WITH (fillfactor = 50);

CREATE FUNCTION epoch_day(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN floor(extract(epoch FROM at) / 86400)::bigint;

-- A ticket that came (n = 1) or went (n = -1).
CREATE TYPE ticket_change AS (
    organization_id text, status text, priority text, created_at timestamptz, resolved_at timestamptz, n integer
);

-- Rows are written in their order, so that two connections with the same slot cannot wait for each other in a circle.
CREATE FUNCTION count_changes(changes ticket_change[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ticket_counts AS c
        SELECT organization_id, status, priority, pg_backend_pid() % 16, sum(n),
               sum(n * (extract(epoch FROM created_at) * 1000)::bigint)
        FROM unnest(changes) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (organization_id, status, priority, slot) DO UPDATE SET
            tickets = c.tickets + excluded.tickets, created_ms_sum = c.created_ms_sum + excluded.created_ms_sum;
    INSERT INTO ticket_days AS d
        SELECT organization_id, day, pg_backend_pid() % 16, sum(created), sum(resolved)
        FROM (
            SELECT organization_id, epoch_day(created_at), n, 0 FROM unnest(changes)
            UNION ALL
            SELECT organization_id, epoch_day(resolved_at), 0, n FROM unnest(changes) WHERE resolved_at IS NOT NULL
        ) AS changed (organization_id, day, created, resolved)
        GROUP BY 1, 2 HAVING sum(created) <> 0 OR sum(resolved) <> 0 ORDER BY 1, 2
        ON CONFLICT (organization_id, day, slot) DO UPDATE SET
            created = d.created + excluded.created, resolved = d.resolved + excluded.resolved;
$$;

CREATE FUNCTION count_created() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM count_changes(array_agg(
        (organization_id, status, priority, created_at, resolved_at, 1)::ticket_change)) FROM fresh;
    RETURN NULL;
END $$;
CREATE FUNCTION count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM count_changes(array_agg(
        (organization_id, status, priority, created_at, resolved_at, -1)::ticket_change)) FROM gone;
    RETURN NULL;
END $$;
CREATE FUNCTION count_updated() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM count_changes(array_agg(change)) FROM (
        SELECT unnest(ARRAY[
            (o.organization_id, o.status, o.priority, o.created_at, o.resolved_at, -1)::ticket_change,
            (n.organization_id, n.status, n.priority, n.created_at, n.resolved_at, 1)::ticket_change]) AS change
        FROM gone AS o JOIN fresh AS n USING (number)
        WHERE (o.organization_id, o.status, o.priority, o.created_at, o.resolved_at)
            IS DISTINCT FROM (n.organization_id, n.status, n.priority, n.created_at, n.resolved_at)
    ) AS changed HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER tickets_created AFTER INSERT ON tickets
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION count_created();
CREATE TRIGGER tickets_deleted AFTER DELETE ON tickets
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
CREATE TRIGGER tickets_updated AFTER UPDATE ON tickets
    REFERENCING OLD TABLE AS gone NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION count_updated();

CREATE TABLE categories (
    slug text PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE articles (
    id         text PRIMARY KEY,
    slug       text NOT NULL UNIQUE,
    title      text NOT NULL,
    category   text NOT NULL REFERENCES categories (slug),
    excerpt    text NOT NULL,
    content    text NOT NULL,
    updated_at timestamptz NOT NULL,
    number     bigint NOT NULL GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX articles_title ON articles (title, number);
CREATE INDEX articles_category ON articles (category, title, number);
CREATE INDEX articles_words ON articles USING gin (weighted_text(title, content));
