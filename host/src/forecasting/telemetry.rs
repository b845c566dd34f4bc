//! Metrics of answers: how many, by whom and about what, and how long they took. Names are those that dashboards of the field
//! know.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use sconce_domain::ports::models::ForecastAnswer;

const PREDICTIONS: &str = "model_predictions_total";
const DURATION: &str = "model_prediction_duration_seconds";
const DRIFT: &str = "sconce_model_drift";
const OUT_OF_RANGE: &str = "sconce_model_features_out_of_range";

/// Says what the metrics mean.
pub(crate) fn describe_metrics() {
    describe_counter!(
        PREDICTIONS,
        "Forecasts that were made, by `model_type` (who answered) and `crypto_id` (the coin)."
    );
    describe_histogram!(DURATION, Unit::Seconds, "Time of making a forecast, by `model_type`.");
    describe_gauge!(
        DRIFT,
        "How far the feature that is farthest from its training stands from it in the newest forecast, in interquartile \
         ranges, by `model_type` and `crypto_id`."
    );
    describe_gauge!(
        OUT_OF_RANGE,
        "Features with a value that training never saw in the newest forecast, by `model_type` and `crypto_id`."
    );
}

/// An answer was made.
pub(super) fn made(who: &str, coin: &str, took: Duration, answer: &ForecastAnswer) {
    counter!(PREDICTIONS, "model_type" => who.to_owned(), "crypto_id" => coin.to_owned()).increment(1);
    histogram!(DURATION, "model_type" => who.to_owned()).record(took);
    // Only a model that was trained can have drifted from it; each member of an ensemble tells its own.
    let farthest = answer.drift.iter().map(|(_, drift)| drift.abs()).reduce(f64::max);
    if let Some(farthest) = farthest {
        let labels = [("model_type", who.to_owned()), ("crypto_id", coin.to_owned())];
        gauge!(DRIFT, &labels).set(farthest);
        gauge!(OUT_OF_RANGE, &labels).set(answer.out_of_range.len() as f64);
    }
}
