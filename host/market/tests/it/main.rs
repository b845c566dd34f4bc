//! Tests of the fold from outside: rules as tables, recorded markets, and properties of any stream.

mod bars;
mod checkpoint;
mod columns;
mod flows;
mod forecasts;
mod history;
mod late;
mod outages;
mod properties;
mod recorded;
mod rows;
mod support;
