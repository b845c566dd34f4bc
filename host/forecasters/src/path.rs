//! What a model says: a mean and a standard deviation for each step ahead.

use crate::task::Stop;

/// The forecast distribution of each step, taken as normal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    /// The model that was fitted, in the notation of the literature.
    pub(crate) name: String,
    /// The mean of each step.
    pub(crate) mean: Vec<f64>,
    /// The standard deviation of each step's error.
    pub(crate) sd: Vec<f64>,
}

impl Path {
    /// The path, where all of it are numbers and the intervals do not shrink below nothing.
    pub(crate) fn sound(self) -> Result<Path, Stop> {
        let sound =
            self.mean.iter().all(|mean| mean.is_finite()) && self.sd.iter().all(|sd| *sd >= 0.0 && sd.is_finite());
        if sound { Ok(self) } else { Err(Stop::NoFit(format!("{} gave no finite forecast", self.name))) }
    }
}
