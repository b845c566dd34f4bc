-- Query tables: what the API asks for, made from the ledger and made again from it at any time.
--
-- The text is kept to what SQLite and PostgreSQL both take. Times are nanoseconds UTC. An absent number is NULL.

-- How far each projection has come: `entries` by sequence number, `bars` by position.
CREATE TABLE projections (
    name     TEXT   NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
);
INSERT INTO projections (name, position) VALUES ('entries', 0);
INSERT INTO projections (name, position) VALUES ('bars', 0);

-- Signals and forecasts. `body` is the canonical text of the output.
CREATE TABLE outputs (
    seq         BIGINT  NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    deployment  TEXT    NOT NULL,
    instrument  TEXT,
    as_of       BIGINT  NOT NULL,
    finding     BOOLEAN NOT NULL,
    recorded_at BIGINT  NOT NULL,
    body        TEXT    NOT NULL
);
CREATE INDEX outputs_by_deployment ON outputs (deployment, seq);
CREATE INDEX outputs_by_instrument ON outputs (instrument, seq);
CREATE INDEX outputs_by_as_of ON outputs (as_of, seq);

-- The newest output of each deployment and instrument; an output about no instrument has the empty text.
CREATE TABLE latest_outputs (
    deployment TEXT   NOT NULL,
    instrument TEXT   NOT NULL,
    as_of      BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    PRIMARY KEY (deployment, instrument)
);

-- Lines of strategies' logs. `details` is JSON.
CREATE TABLE strategy_logs (
    seq      BIGINT NOT NULL PRIMARY KEY,
    ts       BIGINT NOT NULL,
    strategy TEXT   NOT NULL,
    event    TEXT   NOT NULL,
    market   TEXT,
    note     TEXT,
    score    DOUBLE PRECISION,
    details  TEXT
);
CREATE INDEX strategy_logs_by_strategy ON strategy_logs (strategy, seq);

-- Observed trades as they were posted.
CREATE TABLE observations (
    seq         BIGINT           NOT NULL PRIMARY KEY,
    ts          BIGINT           NOT NULL,
    strategy_id TEXT             NOT NULL,
    name        TEXT             NOT NULL,
    market      TEXT             NOT NULL,
    action      TEXT             NOT NULL,
    price       DOUBLE PRECISION NOT NULL
);

-- Faults of instances; the universe instance has no instrument.
CREATE TABLE faults (
    seq        BIGINT NOT NULL PRIMARY KEY,
    deployment TEXT   NOT NULL,
    instrument TEXT,
    generation BIGINT NOT NULL,
    as_of      BIGINT NOT NULL,
    class      TEXT   NOT NULL,
    message    TEXT   NOT NULL
);
CREATE INDEX faults_by_deployment ON faults (deployment, seq);

-- Bars in every version. `position` is the order in which the versions became known.
CREATE TABLE bars (
    instrument       TEXT    NOT NULL,
    timeframe        TEXT    NOT NULL,
    ts_open          BIGINT  NOT NULL,
    source           TEXT    NOT NULL,
    revision         BIGINT  NOT NULL,
    position         BIGINT  NOT NULL,
    instrument_index BIGINT  NOT NULL,
    ts_init          BIGINT  NOT NULL,
    open             DOUBLE PRECISION,
    high             DOUBLE PRECISION,
    low              DOUBLE PRECISION,
    close            DOUBLE PRECISION,
    volume           DOUBLE PRECISION,
    turnover         DOUBLE PRECISION,
    buy_volume       DOUBLE PRECISION,
    sell_volume      DOUBLE PRECISION,
    trades           BIGINT  NOT NULL,
    complete         BOOLEAN NOT NULL,
    partial          BOOLEAN NOT NULL,
    PRIMARY KEY (instrument, timeframe, ts_open, source, revision)
);
