// The tables of a store file, and the steps from each version of them to the next. A step that was released is never
// changed; a change of the tables is one more step.

/** `Rbow`, in the header of the file: distinguishes a store from any other SQLite database. */
export const applicationId = 0x52626f77;

// Rows of a session name it by a number, and deliveries their publication: small rows, many of them on a page. Deliveries
// have no index by publication: what still needs one is counted in memory (index.ts), a write less for each delivery.
const first = `
CREATE TABLE session (
  number INTEGER PRIMARY KEY, session TEXT NOT NULL UNIQUE, fence INTEGER NOT NULL, owner TEXT NOT NULL,
  identity TEXT NOT NULL, subprotocol TEXT NOT NULL, token_hash BLOB NOT NULL, attempt INTEGER NOT NULL, cookie TEXT,
  expiry_ms INTEGER NOT NULL, expires_at INTEGER, sequence INTEGER NOT NULL, lost_ttl INTEGER NOT NULL,
  lost_bound INTEGER NOT NULL, lost_revoked INTEGER NOT NULL, ended TEXT, is_close_owed INTEGER NOT NULL
) STRICT;
CREATE TABLE member (
  session INTEGER NOT NULL, channel TEXT NOT NULL, PRIMARY KEY (session, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE publication (
  number INTEGER PRIMARY KEY, publication TEXT NOT NULL UNIQUE, channel TEXT, qos INTEGER NOT NULL, type INTEGER NOT NULL,
  payload BLOB NOT NULL, accepted_at INTEGER NOT NULL, expires_at INTEGER, "offset" INTEGER, epoch TEXT
) STRICT;
CREATE INDEX publication_placed ON publication (channel, epoch, "offset") WHERE "offset" IS NOT NULL;
CREATE TABLE delivery (
  session INTEGER NOT NULL, position INTEGER NOT NULL, publication INTEGER, id INTEGER NOT NULL,
  released INTEGER NOT NULL, PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipt (
  session INTEGER NOT NULL, id INTEGER NOT NULL, qos INTEGER NOT NULL, position INTEGER NOT NULL, message TEXT NOT NULL,
  digest BLOB, reply BLOB, PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE message (
  message TEXT NOT NULL PRIMARY KEY, session TEXT NOT NULL, position INTEGER NOT NULL, identity TEXT NOT NULL,
  type INTEGER NOT NULL, payload BLOB NOT NULL, received_at INTEGER NOT NULL, dead_at INTEGER, dead_attempts INTEGER,
  dead_reason TEXT
) STRICT;
CREATE INDEX message_open ON message (session, position, message) WHERE dead_at IS NULL;
CREATE INDEX message_dead ON message (dead_at, message) WHERE dead_at IS NOT NULL;
CREATE TABLE event (
  session TEXT NOT NULL, sequence INTEGER NOT NULL, identity TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
  reason TEXT, PRIMARY KEY (session, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE channel (
  channel TEXT NOT NULL PRIMARY KEY, epoch TEXT NOT NULL, "offset" INTEGER NOT NULL, floor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Step `n` makes version `n + 1` of version `n`; version 0 is an empty file. */
export const schemaSteps: readonly string[] = [first];
