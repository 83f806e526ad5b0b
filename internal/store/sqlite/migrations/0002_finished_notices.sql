-- Finds the finished notices to forget without reading the unfinished ones, of
-- which a dead channel can leave very many.
CREATE INDEX notices_done ON notices (row) WHERE next = 0;
