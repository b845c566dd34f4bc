//! The bounded queue between those who submit and the committer: blocks when full, numbers what it takes.
//!
//! Bounded by items and not by hand-overs, because one hand-over may hold one bar or ten thousand trades.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::commit::Ticket;

#[derive(Debug)]
pub(crate) struct BlockingQueue<T> {
    state: Mutex<State<T>>,
    /// Told when there is room, and at the end.
    room: Condvar,
    /// Told when there is something, and at the end.
    work: Condvar,
    capacity: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<(T, usize)>,
    items: usize,
    last_ticket: u64,
    closed: bool,
}

/// What the committer takes at once.
#[derive(Debug)]
pub(crate) struct Gathered<T> {
    pub(crate) taken: Vec<T>,
    pub(crate) last_ticket: Ticket,
}

impl<T> BlockingQueue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State { waiting: VecDeque::new(), items: 0, last_ticket: 0, closed: false };
        BlockingQueue {
            state: Mutex::new(state),
            room: Condvar::new(),
            work: Condvar::new(),
            capacity: capacity.max(1),
        }
    }

    /// Waits for room, then takes `value`. One value larger than the whole queue is taken when the queue is empty.
    /// Gives the value back once the queue is closed.
    pub(crate) fn push(&self, value: T, items: usize) -> Result<Ticket, T> {
        let mut state = self.lock();
        while !state.closed && state.items > 0 && state.items + items > self.capacity {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(value);
        }
        state.waiting.push_back((value, items));
        state.items += items;
        state.last_ticket += 1;
        let ticket = Ticket(state.last_ticket);
        drop(state);
        self.work.notify_one();
        Ok(ticket)
    }

    /// Waits for the first value, then `window` longer for more while fewer than `enough` items wait.
    /// Absent once the queue is closed and empty.
    pub(crate) fn gather(&self, window: Duration, enough: usize) -> Option<Gathered<T>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let begun = Instant::now();
        while state.items < enough && !state.closed {
            let Some(rest) = window.checked_sub(begun.elapsed()).filter(|rest| !rest.is_zero()) else { break };
            state = self.work.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        let taken = state.waiting.drain(..).map(|(value, _)| value).collect();
        state.items = 0;
        let last_ticket = Ticket(state.last_ticket);
        drop(state);
        self.room.notify_all();
        Some(Gathered { taken, last_ticket })
    }

    /// Takes nothing more; what waits is still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.room.notify_all();
        self.work.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits up to `pause`, or until the queue is closed.
    pub(crate) fn pause(&self, pause: Duration) {
        let begun = Instant::now();
        let mut state = self.lock();
        while !state.closed {
            let Some(rest) = pause.checked_sub(begun.elapsed()).filter(|rest| !rest.is_zero()) else { break };
            state = self.work.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The newest ticket that was given out.
    pub(crate) fn last_ticket(&self) -> Ticket {
        Ticket(self.lock().last_ticket)
    }

    pub(crate) fn items(&self) -> usize {
        self.lock().items
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_holds_the_pusher_back_and_keeps_the_order() {
        let queue = BlockingQueue::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for value in 0..100 {
                    queue.push(value, 1).expect("open");
                    assert!(queue.items() <= 2);
                }
                queue.close();
            });
            let mut seen = Vec::new();
            while let Some(gathered) = queue.gather(Duration::ZERO, 1) {
                seen.extend(gathered.taken);
            }
            assert_eq!(seen, (0..100).collect::<Vec<_>>());
        });
        assert_eq!(queue.last_ticket(), Ticket(100));
        assert_eq!(queue.push(7, 1), Err(7));
    }

    #[test]
    fn a_value_larger_than_the_queue_passes_an_empty_one() {
        let queue = BlockingQueue::new(2);
        assert_eq!(queue.push("huge", 50), Ok(Ticket(1)));
        let gathered = queue.gather(Duration::ZERO, 1).expect("something");
        assert_eq!((gathered.taken, gathered.last_ticket), (vec!["huge"], Ticket(1)));
    }
}
