-- The ledger: the one authority of what is committed.
--
-- Everything here is written by one thread in one transaction per group commit. Times are nanoseconds UTC.
-- Rows are only ever added, apart from `progress` and from `segments` and `batches`, which describe files.

-- "SCNC": tells a ledger from any other SQLite file.
PRAGMA application_id = 1396919875;
PRAGMA user_version = 1;

-- One row. It moves in every commit, so that after an error it is known whether the commit took place.
CREATE TABLE progress (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    commit_number INTEGER NOT NULL,
    last_seq      INTEGER NOT NULL,
    last_hash     BLOB    NOT NULL
);
INSERT INTO progress (id, commit_number, last_seq, last_hash) VALUES (1, 0, 0, zeroblob(32));

-- What was said, posted, asked for or went wrong. `body` is canonical JSON; the other columns are for finding it.
-- `hash` is BLAKE3 over the hash before it, the sequence number, the kind and the body.
CREATE TABLE entries (
    seq         INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL,
    id          BLOB,
    deployment  TEXT,
    instrument  TEXT,
    as_of       INTEGER,
    recorded_at INTEGER NOT NULL,
    worker      INTEGER,
    body        TEXT    NOT NULL,
    hash        BLOB    NOT NULL
);
-- An output stands once.
CREATE UNIQUE INDEX entries_by_id ON entries (id) WHERE id IS NOT NULL;
CREATE INDEX entries_by_as_of ON entries (as_of, seq) WHERE id IS NOT NULL;
-- Everything but outputs is rare and is looked for by its kind.
CREATE INDEX entries_by_kind ON entries (kind, seq) WHERE id IS NULL;

-- Bars in the order in which they became known. An absent number is NULL.
CREATE TABLE bars (
    position         INTEGER PRIMARY KEY,
    instrument_index INTEGER NOT NULL,
    instrument       TEXT    NOT NULL,
    timeframe        TEXT    NOT NULL,
    ts_open          INTEGER NOT NULL,
    source           TEXT    NOT NULL,
    revision         INTEGER NOT NULL,
    ts_init          INTEGER NOT NULL,
    open             REAL,
    high             REAL,
    low              REAL,
    close            REAL,
    volume           REAL,
    turnover         REAL,
    buy_volume       REAL,
    sell_volume      REAL,
    trades           INTEGER NOT NULL,
    complete         INTEGER NOT NULL,
    partial          INTEGER NOT NULL,
    UNIQUE (instrument, timeframe, ts_open, source, revision)
);

-- The columns of rows, by the number that the tape carries.
CREATE TABLE layouts (
    id      INTEGER PRIMARY KEY,
    digest  BLOB NOT NULL UNIQUE,
    columns TEXT NOT NULL
);

-- Instruments by index: given once, never reused.
CREATE TABLE instruments (
    idx        INTEGER PRIMARY KEY,
    instrument TEXT NOT NULL UNIQUE
);

-- Files of the input log and of the row tape. A file counts up to `bytes`; whatever lies behind was never committed.
CREATE TABLE segments (
    kind             TEXT    NOT NULL CHECK (kind IN ('input', 'tape')),
    worker           INTEGER NOT NULL,
    number           INTEGER NOT NULL,
    file             TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'expired')),
    bytes            INTEGER NOT NULL,
    first_seq        INTEGER NOT NULL,
    last_seq         INTEGER NOT NULL,
    first_ts         INTEGER NOT NULL,
    last_ts          INTEGER NOT NULL,
    opened_at        INTEGER NOT NULL,
    last_recorded_at INTEGER NOT NULL,
    PRIMARY KEY (kind, worker, number)
) WITHOUT ROWID;

-- Record batches within the files, with the checksum of their bytes.
CREATE TABLE batches (
    kind      TEXT    NOT NULL,
    worker    INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    start     INTEGER NOT NULL,
    length    INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    first_ts  INTEGER NOT NULL,
    last_ts   INTEGER NOT NULL,
    checksum  BLOB    NOT NULL,
    PRIMARY KEY (kind, worker, number, start),
    FOREIGN KEY (kind, worker, number) REFERENCES segments (kind, worker, number)
) WITHOUT ROWID;
