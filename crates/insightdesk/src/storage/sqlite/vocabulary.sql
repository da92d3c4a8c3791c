-- Version 2. Scripts write into tickets directly, and one word that the desk does not know would make every list with
-- that ticket fail: such a row is refused. What came before gets the words that are the defaults. SQLite cannot add a
-- CHECK to a table that is there, so triggers check.

UPDATE tickets SET status = 'OPEN' WHERE status NOT IN ('OPEN', 'IN_PROGRESS', 'PENDING', 'RESOLVED', 'CLOSED');
UPDATE tickets SET priority = 'MEDIUM' WHERE priority NOT IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT');

CREATE TRIGGER tickets_inserted_words BEFORE INSERT ON tickets
WHEN new.status NOT IN ('OPEN', 'IN_PROGRESS', 'PENDING', 'RESOLVED', 'CLOSED')
    OR new.priority NOT IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT')
BEGIN
    SELECT RAISE(ABORT, 'unknown status or priority');
END;
CREATE TRIGGER tickets_updated_words BEFORE UPDATE OF status, priority ON tickets
WHEN new.status NOT IN ('OPEN', 'IN_PROGRESS', 'PENDING', 'RESOLVED', 'CLOSED')
    OR new.priority NOT IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT')
BEGIN
    SELECT RAISE(ABORT, 'unknown status or priority');
END;
