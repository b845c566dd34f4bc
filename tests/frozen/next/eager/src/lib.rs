//! Built for interface 0.1.1, and asks the log what only 0.1.1 can answer.

#[path = "../../guest.rs"]
mod guest;

guest::plugin!("next-eager", |level, text| {
    if log::enabled(level) {
        log::write(level, text);
    }
});
