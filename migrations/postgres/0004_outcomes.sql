-- What then happened: one row for each claim that matured, an output at a horizon. `producer` is a deployment or a model,
-- `digest` that of its artefact. `verdict` is `moved`, `closed`, or the reason for which there is no number; `exit` is the
-- price at the end of a signal's horizon, or the close at a forecast's. `body` is the outcome as JSON.
CREATE TABLE outcomes (
    seq         BIGINT  NOT NULL PRIMARY KEY,
    output_id   TEXT    NOT NULL,
    producer    TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    instrument  TEXT    NOT NULL,
    horizon     BIGINT  NOT NULL,
    label       TEXT,
    as_of       BIGINT  NOT NULL,
    due         BIGINT  NOT NULL,
    verdict     TEXT    NOT NULL,
    entry       DOUBLE PRECISION,
    exit        DOUBLE PRECISION,
    base        DOUBLE PRECISION,
    scale       DOUBLE PRECISION,
    in_sample   BOOLEAN NOT NULL,
    recorded_at BIGINT  NOT NULL,
    body        TEXT    NOT NULL
);
CREATE INDEX outcomes_by_output ON outcomes (output_id, horizon);
CREATE INDEX outcomes_by_producer ON outcomes (producer, seq);
