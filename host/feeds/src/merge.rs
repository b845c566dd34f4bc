//! Merges event streams that are each in order into one that is in order of `ts_init`, then of the source.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sconce_domain::Nanos;
use sconce_domain::ports::FeedEvent;

/// A k-way merge. An error of a source is passed on in its place, at the time of the source's last event.
#[derive(Debug)]
pub(crate) struct Merge<I: Iterator> {
    sources: Vec<I>,
    heads: Vec<Option<I::Item>>,
    /// Time and source of every head.
    order: BinaryHeap<Reverse<(Nanos, usize)>>,
}

impl<E, I: Iterator<Item = Result<FeedEvent, E>>> Merge<I> {
    pub(crate) fn new(sources: Vec<I>) -> Self {
        let heads = sources.iter().map(|_| None).collect();
        let mut merge = Merge { sources, heads, order: BinaryHeap::new() };
        for source in 0..merge.sources.len() {
            merge.pull(source, Nanos::MIN);
        }
        merge
    }

    fn pull(&mut self, source: usize, last: Nanos) {
        if let Some(item) = self.sources[source].next() {
            let at = item.as_ref().map_or(last, |event| event.ts_init);
            self.order.push(Reverse((at, source)));
            self.heads[source] = Some(item);
        }
    }
}

impl<E, I: Iterator<Item = Result<FeedEvent, E>>> Iterator for Merge<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let Reverse((at, source)) = self.order.pop()?;
        let item = self.heads[source].take();
        self.pull(source, at);
        item
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sconce_domain::Payload;

    use super::*;

    fn event(ts: i64, source: usize) -> Result<FeedEvent, ()> {
        Ok(FeedEvent { instrument: source as u32, ts_event: Nanos(ts), ts_init: Nanos(ts), payload: Payload::Tick })
    }

    proptest! {
        #[test]
        fn equals_a_stable_sort(times in prop::collection::vec(prop::collection::vec(0_i64..20, 0..30), 0..5)) {
            let sources: Vec<Vec<i64>> = times.into_iter().map(|mut list| { list.sort_unstable(); list }).collect();
            let streams = sources.iter().enumerate()
                .map(|(source, list)| list.iter().map(move |ts| event(*ts, source)).collect::<Vec<_>>().into_iter());
            let merged: Vec<(i64, u32)> =
                Merge::new(streams.collect()).map(|item| item.map(|e| (e.ts_init.0, e.instrument)).expect("no errors")).collect();
            let mut expected: Vec<(i64, u32)> =
                sources.iter().enumerate().flat_map(|(s, list)| list.iter().map(move |ts| (*ts, s as u32))).collect();
            expected.sort();
            prop_assert_eq!(merged, expected);
        }
    }
}
