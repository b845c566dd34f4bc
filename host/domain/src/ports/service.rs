//! What the API asks of the running host. (Being written.)
