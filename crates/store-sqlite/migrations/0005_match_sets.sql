-- A match set is kept as runs of keys that follow each other, and `total` says how many they are. In one of before each
-- key has eight bytes, and `total` is NULL.
ALTER TABLE fanout ADD COLUMN total INTEGER;
-- Whether some of its deliveries have a place in an order; of one of before that is not known.
ALTER TABLE fanout ADD COLUMN ordered INTEGER NOT NULL DEFAULT 1;
