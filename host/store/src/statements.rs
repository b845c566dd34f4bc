//! Every statement that both databases take, in one list that a test prepares on both: `$1` placeholders, `ON CONFLICT`,
//! no type of one of them alone. `CAST($n AS …)` tells PostgreSQL what an absent parameter is. Inserts of many rows stand
//! in [`crate::BULK`], statements of one database in its file below `dialect`.

use crate::dialect;

/// Name and text of every shared statement.
pub const STATEMENTS: [(&str, &str); 39] = [
    ("position", POSITION),
    ("move position", MOVE_POSITION),
    ("reset positions", RESET_POSITIONS),
    ("owner", OWNER),
    ("take", TAKE),
    ("outputs", OUTPUTS),
    ("output", OUTPUT),
    ("outcomes", OUTCOMES),
    ("latest outputs", LATEST_OUTPUTS),
    ("findings", FINDINGS),
    ("findings of a deployment", FINDINGS_OF_DEPLOYMENT),
    ("findings about an instrument", FINDINGS_ABOUT),
    ("findings of a deployment about an instrument", FINDINGS_OF_DEPLOYMENT_ABOUT),
    ("strategy logs", STRATEGY_LOGS),
    ("observations", OBSERVATIONS),
    ("faults", FAULTS),
    ("audit", AUDIT),
    ("positions", POSITIONS),
    ("newest bars", NEWEST_BARS),
    ("all bars", ALL_BARS),
    ("newest bar time", NEWEST_BAR_TIME),
    ("ping", PING),
    ("applied migrations", APPLIED),
    ("clear outputs", CLEAR[0]),
    ("clear latest outputs", CLEAR[1]),
    ("clear strategy logs", CLEAR[2]),
    ("clear observations", CLEAR[3]),
    ("clear faults", CLEAR[4]),
    ("clear audit", CLEAR[5]),
    ("clear bars", CLEAR[6]),
    ("clear positions", CLEAR[7]),
    ("clear outcomes", CLEAR[8]),
    ("expire outputs", EXPIRE_OUTPUTS),
    ("expire strategy logs", EXPIRE_STRATEGY_LOGS),
    ("expire observations", EXPIRE_OBSERVATIONS),
    ("expire faults", EXPIRE_FAULTS),
    ("expire audit", EXPIRE_AUDIT),
    ("expire outcomes", EXPIRE_OUTCOMES),
    ("expire bars", EXPIRE_BARS),
];

/// Statements of SQLite alone.
pub fn sqlite_statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    dialect::sqlite::STATEMENTS.into_iter()
}

/// Statements of PostgreSQL alone.
pub fn postgres_statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    dialect::postgres::STATEMENTS.into_iter()
}

pub(crate) const POSITION: &str = "SELECT position FROM projections WHERE name = $1";
pub(crate) const MOVE_POSITION: &str = "UPDATE projections SET position = $2 WHERE name = $1 AND position < $2";
pub(crate) const RESET_POSITIONS: &str = "UPDATE projections SET position = 0";
pub(crate) const OWNER: &str = "SELECT ledger, epoch FROM owner WHERE one = 1";
pub(crate) const TAKE: &str = "INSERT INTO owner (one, ledger, epoch) VALUES (1, $1, $2) \
     ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch WHERE owner.ledger = excluded.ledger";
pub(crate) const CLEAR: [&str; 9] = [
    "DELETE FROM outputs",
    "DELETE FROM latest_outputs",
    "DELETE FROM strategy_logs",
    "DELETE FROM observations",
    "DELETE FROM faults",
    "DELETE FROM audit",
    "DELETE FROM bars",
    "DELETE FROM position_state",
    "DELETE FROM outcomes",
];

pub(crate) const OUTPUTS: &str = "SELECT seq, recorded_at, body FROM outputs WHERE seq > $1 \
     AND (CAST($2 AS TEXT) IS NULL OR deployment = $2) AND (CAST($3 AS TEXT) IS NULL OR instrument = $3) \
     AND as_of >= $4 AND as_of < $5 AND (finding OR NOT $6) ORDER BY seq LIMIT $7";
pub(crate) const OUTPUT: &str = "SELECT seq, recorded_at, body FROM outputs WHERE id = $1";
pub(crate) const OUTCOMES: &str = "SELECT seq, body FROM outcomes WHERE seq > $1 \
     AND (CAST($2 AS TEXT) IS NULL OR producer = $2) AND as_of >= $3 ORDER BY seq LIMIT $4";
pub(crate) const LATEST_OUTPUTS: &str = "SELECT l.timeframe, o.seq, o.recorded_at, o.body FROM latest_outputs l \
     JOIN outputs o ON o.seq = l.seq WHERE (CAST($1 AS TEXT) IS NULL OR l.deployment = $1) \
     ORDER BY l.deployment, l.instrument, l.timeframe";

/// Findings before a place, newest first, with one more condition. Each has an index of its own, so that the answer is
/// read off in its order.
macro_rules! findings {
    ($($more:literal),*) => {
        concat!(
            "SELECT seq, recorded_at, body FROM outputs WHERE finding AND (as_of, seq) < ($1, $2) \
             AND as_of >= $3 AND as_of < $4",
            $(" AND ", $more,)*
            " ORDER BY as_of DESC, seq DESC LIMIT $5"
        )
    };
}
pub(crate) const FINDINGS: &str = findings!();
pub(crate) const FINDINGS_OF_DEPLOYMENT: &str = findings!("deployment = $6");
pub(crate) const FINDINGS_ABOUT: &str = findings!("instrument = $6");
pub(crate) const FINDINGS_OF_DEPLOYMENT_ABOUT: &str = findings!("deployment = $6", "instrument = $7");

pub(crate) const STRATEGY_LOGS: &str = "SELECT seq, ts, strategy, event, market, note, score, details \
     FROM strategy_logs WHERE strategy = $1 ORDER BY seq DESC LIMIT $2";
pub(crate) const OBSERVATIONS: &str = "SELECT seq, ts, strategy_id, name, market, action, price \
     FROM observations ORDER BY seq DESC LIMIT $1";
pub(crate) const FAULTS: &str = "SELECT seq, deployment, instrument, generation, as_of, class, message \
     FROM faults WHERE deployment = $1 ORDER BY seq DESC LIMIT $2";
pub(crate) const AUDIT: &str = "SELECT seq, ts, actor, action, target, outcome, request_id \
     FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
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
pub(crate) const NEWEST_BAR_TIME: &str = "SELECT MAX(ts_open) AS newest FROM bars";
pub(crate) const PING: &str = "SELECT COUNT(*) FROM projections";
pub(crate) const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";

pub(crate) const EXPIRE_OUTPUTS: &str = "DELETE FROM outputs WHERE seq IN (SELECT o.seq FROM outputs o \
     WHERE o.recorded_at < $1 AND NOT EXISTS (SELECT 1 FROM latest_outputs l WHERE l.seq = o.seq) \
     ORDER BY o.seq LIMIT $2)";

/// Takes the oldest rows out of a table with a `recorded_at`, which grows with `seq`.
macro_rules! expire {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE seq IN (SELECT seq FROM ",
            $table,
            " WHERE recorded_at < $1 ORDER BY seq LIMIT $2)"
        )
    };
}
pub(crate) const EXPIRE_STRATEGY_LOGS: &str = expire!("strategy_logs");
pub(crate) const EXPIRE_OBSERVATIONS: &str = expire!("observations");
pub(crate) const EXPIRE_FAULTS: &str = expire!("faults");
pub(crate) const EXPIRE_AUDIT: &str = expire!("audit");
pub(crate) const EXPIRE_OUTCOMES: &str = expire!("outcomes");
pub(crate) const EXPIRE_BARS: &str = "DELETE FROM bars \
     WHERE (instrument, timeframe, ts_open, source, revision) IN ( \
     SELECT instrument, timeframe, ts_open, source, revision FROM bars WHERE ts_open < $1 LIMIT $2)";
