//! Every statement of the query tables, in one list that a test prepares. The text is what SQLite and PostgreSQL share:
//! `$1` placeholders, `ON CONFLICT`, no type of one of them alone. `CAST($n AS …)` tells PostgreSQL what an absent
//! parameter is.

/// Name and text of every statement.
pub const STATEMENTS: [(&str, &str); 27] = [
    ("position", POSITION),
    ("move position", MOVE_POSITION),
    ("insert output", INSERT_OUTPUT),
    ("put latest output", PUT_LATEST_OUTPUT),
    ("insert strategy log", INSERT_STRATEGY_LOG),
    ("insert observation", INSERT_OBSERVATION),
    ("insert fault", INSERT_FAULT),
    ("put position", PUT_POSITION),
    ("insert bar", INSERT_BAR),
    ("outputs", OUTPUTS),
    ("output", OUTPUT),
    ("latest outputs", LATEST_OUTPUTS),
    ("strategy logs", STRATEGY_LOGS),
    ("observations", OBSERVATIONS),
    ("faults", FAULTS),
    ("positions", POSITIONS),
    ("newest bars", NEWEST_BARS),
    ("all bars", ALL_BARS),
    ("ping", PING),
    ("reset positions", RESET_POSITIONS),
    ("clear outputs", CLEAR[0]),
    ("clear latest outputs", CLEAR[1]),
    ("clear strategy logs", CLEAR[2]),
    ("clear observations", CLEAR[3]),
    ("clear faults", CLEAR[4]),
    ("clear bars", CLEAR[5]),
    ("clear positions", CLEAR[6]),
];

pub(crate) const POSITION: &str = "SELECT position FROM projections WHERE name = $1";
pub(crate) const MOVE_POSITION: &str = "UPDATE projections SET position = $2 WHERE name = $1 AND position < $2";
pub(crate) const RESET_POSITIONS: &str = "UPDATE projections SET position = 0";
pub(crate) const CLEAR: [&str; 7] = [
    "DELETE FROM outputs",
    "DELETE FROM latest_outputs",
    "DELETE FROM strategy_logs",
    "DELETE FROM observations",
    "DELETE FROM faults",
    "DELETE FROM bars",
    "DELETE FROM position_state",
];

pub(crate) const INSERT_OUTPUT: &str = "INSERT INTO outputs \
     (seq, id, deployment, instrument, as_of, finding, recorded_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT DO NOTHING";
pub(crate) const PUT_LATEST_OUTPUT: &str = "INSERT INTO latest_outputs (deployment, instrument, as_of, seq) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (deployment, instrument) DO UPDATE \
     SET as_of = excluded.as_of, seq = excluded.seq \
     WHERE excluded.as_of > latest_outputs.as_of \
        OR (excluded.as_of = latest_outputs.as_of AND excluded.seq > latest_outputs.seq)";
pub(crate) const INSERT_STRATEGY_LOG: &str = "INSERT INTO strategy_logs \
     (seq, ts, strategy, event, market, note, score, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT DO NOTHING";
pub(crate) const INSERT_OBSERVATION: &str = "INSERT INTO observations \
     (seq, ts, strategy_id, name, market, action, price) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
pub(crate) const INSERT_FAULT: &str = "INSERT INTO faults \
     (seq, deployment, instrument, generation, as_of, class, message) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT DO NOTHING";
pub(crate) const PUT_POSITION: &str = "INSERT INTO position_state \
     (symbol, status, avg_price, updated_at, last_action, last_conf, seq) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (symbol) DO UPDATE SET status = excluded.status, avg_price = excluded.avg_price, \
     updated_at = excluded.updated_at, last_action = excluded.last_action, last_conf = excluded.last_conf, \
     seq = excluded.seq WHERE excluded.seq > position_state.seq";
pub(crate) const INSERT_BAR: &str = "INSERT INTO bars \
     (instrument, timeframe, ts_open, source, revision, position, instrument_index, ts_init, open, high, low, close, \
      volume, turnover, buy_volume, sell_volume, trades, complete, partial) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
     ON CONFLICT DO NOTHING";

pub(crate) const OUTPUTS: &str = "SELECT seq, recorded_at, body FROM outputs WHERE seq > $1 \
     AND (CAST($2 AS TEXT) IS NULL OR deployment = $2) AND (CAST($3 AS TEXT) IS NULL OR instrument = $3) \
     AND as_of >= $4 AND as_of < $5 AND (finding OR NOT $6) ORDER BY seq LIMIT $7";
pub(crate) const OUTPUT: &str = "SELECT seq, recorded_at, body FROM outputs WHERE id = $1";
pub(crate) const LATEST_OUTPUTS: &str = "SELECT o.seq, o.recorded_at, o.body FROM latest_outputs l \
     JOIN outputs o ON o.seq = l.seq ORDER BY o.deployment, o.instrument, o.seq";
pub(crate) const STRATEGY_LOGS: &str = "SELECT seq, ts, strategy, event, market, note, score, details \
     FROM strategy_logs WHERE strategy = $1 ORDER BY seq DESC LIMIT $2";
pub(crate) const OBSERVATIONS: &str = "SELECT seq, ts, strategy_id, name, market, action, price \
     FROM observations ORDER BY seq DESC LIMIT $1";
pub(crate) const FAULTS: &str = "SELECT seq, deployment, instrument, generation, as_of, class, message \
     FROM faults WHERE deployment = $1 ORDER BY seq DESC LIMIT $2";
pub(crate) const POSITIONS: &str = "SELECT seq, symbol, status, avg_price, updated_at, last_action, last_conf \
     FROM position_state ORDER BY symbol";
pub(crate) const NEWEST_BARS: &str = "SELECT b.position, b.instrument_index, b.instrument, b.timeframe, b.ts_open, \
     b.source, b.revision, b.ts_init, b.open, b.high, b.low, b.close, b.volume, b.turnover, b.buy_volume, \
     b.sell_volume, b.trades, b.complete, b.partial FROM bars b \
     WHERE b.instrument = $1 AND b.timeframe = $2 AND b.ts_open >= $3 AND b.ts_open < $4 AND NOT EXISTS ( \
     SELECT 1 FROM bars n WHERE n.instrument = b.instrument AND n.timeframe = b.timeframe AND n.ts_open = b.ts_open \
     AND n.position > b.position) ORDER BY b.ts_open DESC LIMIT $5";
pub(crate) const ALL_BARS: &str = "SELECT position, instrument_index, instrument, timeframe, ts_open, source, \
     revision, ts_init, open, high, low, close, volume, turnover, buy_volume, sell_volume, trades, complete, partial \
     FROM bars WHERE instrument = $1 AND timeframe = $2 AND ts_open >= $3 AND ts_open < $4 \
     ORDER BY ts_open DESC, position DESC LIMIT $5";
pub(crate) const PING: &str = "SELECT COUNT(*) FROM projections";
