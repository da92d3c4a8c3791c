-- Version 2. Scripts write into tickets directly, and one word that the desk does not know would make every list with
-- that ticket fail: such a row is refused. What came before gets the words that are the defaults.

UPDATE tickets SET status = 'OPEN' WHERE status NOT IN ('OPEN', 'IN_PROGRESS', 'PENDING', 'RESOLVED', 'CLOSED');
UPDATE tickets SET priority = 'MEDIUM' WHERE priority NOT IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT');
ALTER TABLE tickets
    ADD CONSTRAINT tickets_status_known CHECK (status IN ('OPEN', 'IN_PROGRESS', 'PENDING', 'RESOLVED', 'CLOSED')),
    ADD CONSTRAINT tickets_priority_known CHECK (priority IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT'));
