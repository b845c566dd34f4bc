//! The search for an order: differences by tests, then stepwise over the terms, each model judged by AICc (Hyndman and
//! Khandakar 2008, *Automatic time series forecasting*).
//!
//! Long series and long seasons are searched by the conditional likelihood; the best of those are then fitted exactly, and
//! the best of them is taken.

use std::collections::HashMap;

use super::fit::{Fit, aicc, conditional, exact_from};
use super::lags::coefficients;
use super::order::Order;
use crate::differences::difference;
use crate::stationarity::{plain_differences, seasonal_differences};
use crate::task::{Stop, Task};

/// Most of `p` and `q`.
const MOST: usize = 5;
/// Most of `P` and `Q`.
const MOST_SEASONAL: usize = 2;
/// Models that are fitted at most.
const MODELS: usize = 94;
/// A root nearer to the unit circle than this means that a term is one too many, or a difference one too few.
const NEAR: f64 = 1.01;
/// Longer series are searched by the conditional likelihood.
const LONG: usize = 150;
/// So are longer seasons.
const LONG_SEASON: usize = 12;
/// Seasons longer than this are not searched: their polynomials have many hundreds of lags.
const LONGEST_SEASON: usize = 350;
/// Of a search by the conditional likelihood so many are fitted exactly.
const FINAL: usize = 3;

/// The best model that the search finds.
pub(crate) fn best(task: &Task<'_>) -> Result<Fit, Stop> {
    task.in_time()?;
    let told = task.season <= LONGEST_SEASON && task.y.len() > 2 * task.season;
    let season = if told { task.season } else { 1 };
    let seasonal_d = if season > 1 { seasonal_differences(task.y, season) } else { 0 };
    task.in_time()?;
    let d = plain_differences(&difference(task.y, 0, seasonal_d, season));
    let w = difference(task.y, d, seasonal_d, season);
    let base = Order { d, seasonal_d, ..Order::default() };
    if w.iter().all(|value| *value == w[0]) {
        return Ok(exact_line(&w, base, season));
    }
    let exact = task.y.len() <= LONG && season <= LONG_SEASON;
    let mut search = Search { w: &w, season, exact, tried: HashMap::new(), time_is_up: task.time_is_up };
    let mut here = search.start(&base)?;
    while let Some(better) = search.better_neighbour(&here)? {
        here = better;
    }
    search.finish()
}

/// A series whose differences are all equal is known without a likelihood: its steps go on, with no variance seen.
fn exact_line(w: &[f64], base: Order, season: usize) -> Fit {
    let constant = base.d + base.seasonal_d <= 1;
    let order = base.with_constant(constant);
    let mean = w[0];
    let variance = if constant { 0.0 } else { mean * mean };
    let coefficients = super::Coefficients { mean: constant.then_some(mean), ..super::Coefficients::default() };
    let (log_likelihood, aicc) = (f64::INFINITY, f64::NEG_INFINITY);
    Fit { order, season, coefficients, log_likelihood, variance, aicc, n: w.len(), state: vec![0.0] }
}

struct Search<'a> {
    w: &'a [f64],
    season: usize,
    /// Whether each model is fitted exactly at once.
    exact: bool,
    tried: HashMap<Order, Tried>,
    time_is_up: &'a dyn Fn() -> bool,
}

/// What is known of a model.
struct Tried {
    aicc: f64,
    /// Where its conditional likelihood is highest.
    parameters: Vec<f64>,
    fit: Option<Fit>,
}

impl Search<'_> {
    /// The best of the four models that the search begins with, and of a constant alone.
    fn start(&mut self, base: &Order) -> Result<Order, Stop> {
        let constant = base.d + base.seasonal_d <= 1;
        let seasonal = |terms: usize| if self.season > 1 { terms } else { 0 };
        let terms = [(2, 2, 1, 1), (0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1)];
        let mut orders: Vec<Order> = terms
            .iter()
            .map(|(p, q, seasonal_p, seasonal_q)| Order {
                p: *p,
                q: *q,
                seasonal_p: seasonal(*seasonal_p),
                seasonal_q: seasonal(*seasonal_q),
                constant,
                ..base.clone()
            })
            .collect();
        orders.push(base.clone());
        let mut best = (f64::INFINITY, orders[1].clone());
        for order in orders {
            let found = self.aicc(&order)?;
            if found < best.0 {
                best = (found, order);
            }
        }
        Ok(best.1)
    }

    /// The first neighbour that is better.
    fn better_neighbour(&mut self, here: &Order) -> Result<Option<Order>, Stop> {
        let current = self.aicc(here)?;
        for order in self.neighbours(here) {
            if self.tried.len() >= MODELS {
                break;
            }
            if !self.tried.contains_key(&order) && self.aicc(&order)? < current {
                return Ok(Some(order));
            }
        }
        Ok(None)
    }

    /// One term more or less of a kind, of both kinds of the same part, and the constant.
    fn neighbours(&self, here: &Order) -> Vec<Order> {
        let moves: [(isize, isize); 6] = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (1, 1)];
        let moved = |terms: usize, by: isize, most: usize| terms.checked_add_signed(by).filter(|terms| *terms <= most);
        let seasonal = moves.iter().filter(|_| self.season > 1).filter_map(|(p, q)| {
            let seasonal_p = moved(here.seasonal_p, *p, MOST_SEASONAL)?;
            let seasonal_q = moved(here.seasonal_q, *q, MOST_SEASONAL)?;
            Some(Order { seasonal_p, seasonal_q, ..here.clone() })
        });
        let plain = moves.iter().filter_map(|(p, q)| {
            Some(Order { p: moved(here.p, *p, MOST)?, q: moved(here.q, *q, MOST)?, ..here.clone() })
        });
        let constant = (here.d + here.seasonal_d <= 1).then(|| here.clone().with_constant(!here.constant));
        seasonal.chain(plain).chain(constant).collect()
    }

    /// AICc of a model; infinite where it cannot be fitted or has a root near the unit circle.
    fn aicc(&mut self, order: &Order) -> Result<f64, Stop> {
        if let Some(tried) = self.tried.get(order) {
            return Ok(tried.aicc);
        }
        let tried = if self.w.len() > order.estimated() + 1 {
            self.try_out(order)?
        } else {
            Tried { aicc: f64::INFINITY, parameters: Vec::new(), fit: None }
        };
        let found = tried.aicc;
        self.tried.insert(order.clone(), tried);
        Ok(found)
    }

    fn try_out(&self, order: &Order) -> Result<Tried, Stop> {
        let start = conditional(self.w, order, self.season, self.time_is_up)?;
        if self.exact {
            let fit = self.fitted(order, &start.at)?;
            let aicc = fit.as_ref().map_or(f64::INFINITY, |fit| fit.aicc);
            return Ok(Tried { aicc, parameters: start.at, fit });
        }
        let sound = coefficients(&start.at, order).well_inside(NEAR, self.season);
        let n = self.w.len();
        let aicc = if sound { aicc(-start.value * n as f64, order, n) } else { f64::INFINITY };
        Ok(Tried { aicc, parameters: start.at, fit: None })
    }

    /// The exact fit, where it keeps away from the unit circle.
    fn fitted(&self, order: &Order, start: &[f64]) -> Result<Option<Fit>, Stop> {
        match exact_from(self.w, order, self.season, start, self.time_is_up) {
            Ok(fit) if fit.coefficients.well_inside(NEAR, self.season) => Ok(Some(fit)),
            Ok(_) | Err(Stop::NoFit(_)) => Ok(None),
            Err(Stop::TimeIsUp) => Err(Stop::TimeIsUp),
        }
    }

    /// The best exact fit: of all that were tried, or of the first few by the conditional likelihood.
    fn finish(mut self) -> Result<Fit, Stop> {
        let mut ranked: Vec<(Order, Tried)> = std::mem::take(&mut self.tried).into_iter().collect();
        // Ties do not depend on the order of a hash table.
        ranked.sort_by(|(a, left), (b, right)| {
            left.aicc.total_cmp(&right.aicc).then_with(|| a.label(0).cmp(&b.label(0)))
        });
        let mut found: Vec<Fit> = Vec::new();
        for (order, tried) in ranked {
            let fit = if self.exact { tried.fit } else { self.fitted(&order, &tried.parameters)? };
            found.extend(fit);
            if found.len() >= if self.exact { 1 } else { FINAL } {
                break;
            }
        }
        found
            .into_iter()
            .min_by(|a, b| a.aicc.total_cmp(&b.aicc))
            .ok_or_else(|| Stop::NoFit("no ARIMA model keeps its roots away from the unit circle".to_owned()))
    }
}
