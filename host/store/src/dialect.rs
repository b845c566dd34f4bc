//! What only one of the two databases has: how it is opened, how a transaction begins, and statements of its own.

pub(crate) mod postgres;
pub(crate) mod sqlite;
