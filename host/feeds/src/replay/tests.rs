//! Tests of the replay feed.
