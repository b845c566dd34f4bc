//! Metrics of answers: how many, by whom and about what, and how long they took. Names are those that dashboards of the field
//! know.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

const PREDICTIONS: &str = "model_predictions_total";
const DURATION: &str = "model_prediction_duration_seconds";

/// Says what the metrics mean.
pub(crate) fn describe_metrics() {
    describe_counter!(
        PREDICTIONS,
        "Forecasts that were made, by `model_type` (who answered) and `crypto_id` (the coin)."
    );
    describe_histogram!(DURATION, Unit::Seconds, "Time of making a forecast, by `model_type`.");
}

/// An answer was made.
pub(super) fn made(who: &str, coin: &str, took: Duration) {
    counter!(PREDICTIONS, "model_type" => who.to_owned(), "crypto_id" => coin.to_owned()).increment(1);
    histogram!(DURATION, "model_type" => who.to_owned()).record(took);
}
