//! Slack against a server that answers as Slack is documented to.

mod slack;
