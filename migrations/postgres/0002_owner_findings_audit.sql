-- Whose entries the tables hold; findings by agent, instrument and time; the newest output by timeframe; the audit; the
-- wall time of every commit, by which retention goes.
--
-- What stands in the tables is dropped and projected again: the ledger has it.

DROP TABLE latest_outputs;
DROP TABLE outputs;
DROP TABLE strategy_logs;
DROP TABLE observations;
DROP TABLE faults;
DELETE FROM bars;
UPDATE projections SET position = 0;

-- One row once a ledger has taken the tables.
CREATE TABLE owner (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    ledger TEXT   NOT NULL,
    epoch  TEXT   NOT NULL
);

-- Signals and forecasts. `body` is the canonical text of the output; `label` and `score` are those of a signal.
CREATE TABLE outputs (
    seq         BIGINT  NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    deployment  TEXT    NOT NULL,
    instrument  TEXT,
    as_of       BIGINT  NOT NULL,
    finding     BOOLEAN NOT NULL,
    kind        TEXT    NOT NULL,
    label       TEXT,
    score       DOUBLE PRECISION,
    recorded_at BIGINT  NOT NULL,
    body        TEXT    NOT NULL
);
CREATE INDEX outputs_by_deployment ON outputs (deployment, seq);
CREATE INDEX outputs_by_instrument ON outputs (instrument, seq);
CREATE INDEX outputs_by_as_of ON outputs (as_of, seq);
CREATE INDEX findings_by_time ON outputs (as_of, seq) WHERE finding;
CREATE INDEX findings_by_deployment ON outputs (deployment, as_of, seq) WHERE finding;
CREATE INDEX findings_by_instrument ON outputs (instrument, as_of, seq) WHERE finding;

-- The newest output of each deployment, instrument and timeframe. An output about no instrument has the empty text, and
-- so has one that no closing bar led to.
CREATE TABLE latest_outputs (
    deployment TEXT   NOT NULL,
    instrument TEXT   NOT NULL,
    timeframe  TEXT   NOT NULL,
    as_of      BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    PRIMARY KEY (deployment, instrument, timeframe)
);
CREATE INDEX latest_outputs_by_seq ON latest_outputs (seq);

-- Lines of strategies' logs. `details` is JSON.
CREATE TABLE strategy_logs (
    seq         BIGINT NOT NULL PRIMARY KEY,
    ts          BIGINT NOT NULL,
    strategy    TEXT   NOT NULL,
    event       TEXT   NOT NULL,
    market      TEXT,
    note        TEXT,
    score       DOUBLE PRECISION,
    details     TEXT,
    recorded_at BIGINT NOT NULL
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
    price       DOUBLE PRECISION NOT NULL,
    recorded_at BIGINT           NOT NULL
);

-- Faults of instances; the universe instance has no instrument.
CREATE TABLE faults (
    seq         BIGINT NOT NULL PRIMARY KEY,
    deployment  TEXT   NOT NULL,
    instrument  TEXT,
    generation  BIGINT NOT NULL,
    as_of       BIGINT NOT NULL,
    class       TEXT   NOT NULL,
    message     TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX faults_by_deployment ON faults (deployment, seq);

-- Who changed what.
CREATE TABLE audit (
    seq         BIGINT NOT NULL PRIMARY KEY,
    ts          BIGINT NOT NULL,
    actor       TEXT   NOT NULL,
    action      TEXT   NOT NULL,
    target      TEXT   NOT NULL,
    outcome     TEXT   NOT NULL,
    request_id  TEXT,
    recorded_at BIGINT NOT NULL
);
