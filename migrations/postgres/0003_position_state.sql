-- What the host holds each instrument to be, after the newest move. `symbol` is the canonical id of the instrument.
--
-- The host trades nothing, so `qty` is always NULL. `avg_price` is the price at the start of the posture, NULL when flat.
CREATE TABLE position_state (
    symbol      TEXT   NOT NULL PRIMARY KEY,
    status      TEXT   NOT NULL,
    qty         DOUBLE PRECISION,
    avg_price   DOUBLE PRECISION,
    updated_at  BIGINT NOT NULL,
    last_action TEXT   NOT NULL,
    last_conf   DOUBLE PRECISION,
    seq         BIGINT NOT NULL
);
