//! The signals of the view, the regime, and what is wrong: computed once from a board, shown by `/v1/signals` and
//! `/v1/summary` alike, so that the two never disagree.

use std::collections::BTreeMap;

use sconce_domain::ports::store::OutputRow;
use sconce_domain::ports::{Connection, DeploymentStatus, FeedState, InstanceState};
use sconce_domain::{Body, InstrumentId, Nanos, Scalar, Stage};
use serde::Serialize;
use utoipa::ToSchema;

use super::board::Board;
use super::signal::{Ages, SignalBody, Standing, shape};
use crate::config::ObservationView;

/// At most so many errors are listed, the newest ones.
const MOST_ERRORS: usize = 10;

/// The mood of the market as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum Regime {
    /// Appetite for risk.
    #[serde(rename = "Risk-ON")]
    RiskOn,
    /// Neither.
    #[default]
    Neutral,
    /// Flight from risk.
    #[serde(rename = "Risk-OFF")]
    RiskOff,
}

/// The state of the observational API. Paused goes before degraded, degraded before ok.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServiceStatus {
    /// All good.
    Ok,
    /// Some errors; what is known is served.
    Degraded,
    /// Signals are switched off; the last ones are served.
    Paused,
}

/// What the observational views say.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// When the newest of the signals was recorded.
    pub(crate) updated: Option<Nanos>,
    pub(crate) regime: Regime,
    pub(crate) status: ServiceStatus,
    /// By base symbol.
    pub(crate) signals: BTreeMap<String, SignalBody>,
    /// Newest last.
    pub(crate) errors: Vec<String>,
}

impl Sheet {
    /// Reads the board through the view.
    pub(crate) fn new(board: &Board, view: &ObservationView, clock: Ages) -> Self {
        let mut builder = Builder { board, clock, updated: None, signals: BTreeMap::new(), errors: Vec::new() };
        builder.feeds();
        builder.signals(view);
        let regime = builder.regime(view);
        if board.stalled {
            builder.say("nothing new is recorded at present; what was recorded is shown");
        }
        if board.outdated {
            builder.say("the host could not be read anew; what was known before is shown");
        }
        let surplus = builder.errors.len().saturating_sub(MOST_ERRORS);
        let errors = builder.errors.split_off(surplus);
        let status = match (board.paused, errors.is_empty()) {
            (true, _) => ServiceStatus::Paused,
            (false, true) => ServiceStatus::Ok,
            (false, false) => ServiceStatus::Degraded,
        };
        Sheet { updated: builder.updated, regime, status, signals: builder.signals, errors }
    }
}

struct Builder<'a> {
    board: &'a Board,
    clock: Ages,
    updated: Option<Nanos>,
    signals: BTreeMap<String, SignalBody>,
    errors: Vec<String>,
}

impl Builder<'_> {
    fn say(&mut self, line: impl Into<String>) {
        self.errors.push(line.into());
    }

    fn feeds(&mut self) {
        for feed in &self.board.feeds {
            if feed.state == FeedState::Failed {
                self.say(format!("feed {} has failed", feed.info.name));
            }
            for source in &feed.sources {
                if source.connection == Connection::Down {
                    self.say(format!("{} is not reached", source.name));
                } else if source.is_stale(self.clock.wall) {
                    self.say(format!("{} has been silent for too long", source.name));
                }
            }
        }
    }

    fn signals(&mut self, view: &ObservationView) {
        let Some(deployment) = self.board.deployment(&view.signals) else {
            return self.say(format!("no deployment {} is in force", view.signals));
        };
        if deployment.stage == Stage::Paused {
            self.say(format!("{} is paused; its last signals are shown", view.signals));
        }
        if deployment.instruments.is_empty() {
            self.say(format!(
                "{} does not run: {}",
                view.signals,
                deployment.reason.as_deref().unwrap_or("it has no instruments")
            ));
        }
        for instrument in &deployment.instruments {
            if let Err(reason) = self.signal(deployment, instrument) {
                self.say(format!("{}: {reason}", instrument.instrument().base));
            }
        }
    }

    fn signal(&mut self, deployment: &DeploymentStatus, instrument: &InstrumentId) -> Result<(), String> {
        match deployment.instance(instrument).map(|instance| instance.state) {
            Some(InstanceState::WarmingUp(rows)) => {
                return Err(format!("too little history, {rows} more rows are needed"));
            }
            // One instance in quarantine does not silence those of other instruments.
            None | Some(InstanceState::Stopped) if deployment.stage == Stage::Quarantined => {
                return Err("left out, its plugin is quarantined".to_owned());
            }
            _ => {}
        }
        let rows = self.board.latest(&deployment.spec.id);
        let row = rows.iter().find(|row| row.output.instrument.as_ref() == Some(instrument)).ok_or("no signal yet")?;
        let signal = shape(self.board, deployment, instrument, row, self.clock)?;
        if self.signals.contains_key(&signal.market) {
            return Err(format!("also traded as {instrument}; only the first market is shown"));
        }
        let (market, as_of) = (signal.market.clone(), row.output.as_of);
        match signal.status {
            Standing::Ok | Standing::Paused => {}
            Standing::Stale => self.say(format!("{market}: nothing newer than {as_of}")),
            Standing::Faulted => {
                self.say(format!("{market}: the newest computation failed; the last good one is shown"))
            }
        }
        self.updated = self.updated.max(Some(row.recorded_at));
        self.signals.insert(market, signal);
        Ok(())
    }

    fn regime(&mut self, view: &ObservationView) -> Regime {
        let said = view
            .regime
            .as_ref()
            .and_then(|id| self.board.latest(id).iter().max_by_key(|row| (row.output.as_of, row.seq)));
        let quarantined =
            view.regime.as_ref().and_then(|id| self.board.deployment(id)).map(|d| d.stage) == Some(Stage::Quarantined);
        let regime = said.filter(|_| !quarantined).and_then(regime_of);
        if regime.is_none() {
            self.say("regime unknown: Neutral is shown");
        }
        regime.unwrap_or_default()
    }
}

/// The label, or an attribute `regime`, in any spelling of the three words.
fn regime_of(row: &OutputRow) -> Option<Regime> {
    let Body::Signal(signal) = &row.output.body else {
        return None;
    };
    let attribute = signal.attributes.iter().find_map(|(name, value)| match value {
        Scalar::Text(text) if name == "regime" => Some(text.as_str()),
        _ => None,
    });
    let word: String = attribute.unwrap_or(&signal.label).chars().filter(char::is_ascii_alphabetic).collect();
    match word.to_ascii_lowercase().as_str() {
        "riskon" => Some(Regime::RiskOn),
        "neutral" => Some(Regime::Neutral),
        "riskoff" => Some(Regime::RiskOff),
        _ => None,
    }
}
