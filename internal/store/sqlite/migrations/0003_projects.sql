-- The schedule's other kinds and their expression ('' where the period counts),
-- the project, and what few checks have: labels and rules as JSON, '' for none.
ALTER TABLE checks ADD COLUMN project    TEXT NOT NULL DEFAULT 'default';
ALTER TABLE checks ADD COLUMN schedule   TEXT NOT NULL DEFAULT '';
ALTER TABLE checks ADD COLUMN expression TEXT NOT NULL DEFAULT '';
ALTER TABLE checks ADD COLUMN slug       TEXT NOT NULL DEFAULT '';
ALTER TABLE checks ADD COLUMN more       TEXT NOT NULL DEFAULT '';
ALTER TABLE pings  ADD COLUMN scheme     TEXT;
