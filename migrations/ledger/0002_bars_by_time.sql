-- Bars are read in the order in which they became known on the market's clock, whichever worker made them.
CREATE INDEX bars_by_ts_init ON bars (ts_init, position);

PRAGMA user_version = 2;
