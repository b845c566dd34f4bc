//! Numbers that are given once: layouts by their columns, instruments by their id.
//!
//! A number is handed out before it is committed, and the commit that makes it good always precedes, or is, the first
//! one that uses it, because both pass the same queue.

use std::collections::HashMap;

use sconce_domain::{ColumnName, InstrumentId, InstrumentIndex, Layout, Row};

use crate::error::{LedgerError, Result};

#[derive(Debug, Default)]
pub(crate) struct Catalog {
    layouts: HashMap<u32, Vec<ColumnName>>,
    layout_ids: HashMap<Vec<ColumnName>, u32>,
    instruments: HashMap<InstrumentId, InstrumentIndex>,
    next_instrument: u32,
}

impl Catalog {
    pub(crate) fn new(layouts: Vec<Layout>, instruments: Vec<(InstrumentIndex, InstrumentId)>) -> Self {
        let mut catalog = Catalog::default();
        for layout in layouts {
            catalog.keep_layout(layout.id, layout.columns);
        }
        for (index, id) in instruments {
            catalog.next_instrument = catalog.next_instrument.max(index.0.saturating_add(1));
            catalog.instruments.insert(id, index);
        }
        catalog
    }

    /// The number of these columns, and whether it is new.
    pub(crate) fn layout(&mut self, columns: &[ColumnName]) -> (Layout, bool) {
        if let Some(id) = self.layout_ids.get(columns) {
            return (Layout { id: *id, columns: columns.to_vec() }, false);
        }
        let mut layout = Layout::of(columns.to_vec());
        // Four bytes of a digest meet by chance once in a very long while; the next number is as good.
        while self.layouts.contains_key(&layout.id) {
            layout.id = layout.id.wrapping_add(1);
        }
        self.keep_layout(layout.id, layout.columns.clone());
        (layout, true)
    }

    /// Takes a layout whose number was chosen elsewhere; true when it is new.
    pub(crate) fn adopt(&mut self, layout: &Layout) -> Result<bool> {
        match (self.layouts.get(&layout.id), self.layout_ids.get(&layout.columns)) {
            (Some(columns), _) if *columns == layout.columns => Ok(false),
            (Some(_), _) => Err(LedgerError::Taken(format!("layout {} stands with other columns", layout.id))),
            (None, Some(id)) => {
                Err(LedgerError::Taken(format!("the columns of layout {} stand as layout {id}", layout.id)))
            }
            (None, None) => {
                self.keep_layout(layout.id, layout.columns.clone());
                Ok(true)
            }
        }
    }

    /// Refuses a row that fits no known layout: nobody could read it later.
    pub(crate) fn check(&self, rows: &[Row]) -> Result<()> {
        let mut last = None;
        for row in rows {
            if last == Some((row.layout, row.values.len())) {
                continue;
            }
            let width = self.layouts.get(&row.layout).map(Vec::len);
            if width != Some(row.values.len()) {
                return Err(LedgerError::Taken(format!(
                    "row {} of {} values does not fit layout {}",
                    row.seq,
                    row.values.len(),
                    row.layout
                )));
            }
            last = Some((row.layout, row.values.len()));
        }
        Ok(())
    }

    /// The index of an instrument, and whether it is new.
    pub(crate) fn instrument(&mut self, id: &InstrumentId) -> (InstrumentIndex, bool) {
        if let Some(index) = self.instruments.get(id) {
            return (*index, false);
        }
        let index = InstrumentIndex(self.next_instrument);
        self.next_instrument += 1;
        self.instruments.insert(id.clone(), index);
        (index, true)
    }

    fn keep_layout(&mut self, id: u32, columns: Vec<ColumnName>) {
        self.layout_ids.insert(columns.clone(), id);
        self.layouts.insert(id, columns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<ColumnName> {
        names.iter().map(|name| ColumnName((*name).to_owned())).collect()
    }

    #[test]
    fn numbers_are_given_once() {
        let mut catalog = Catalog::new(vec![Layout { id: 4, columns: columns(&["close"]) }], vec![]);
        assert_eq!(catalog.layout(&columns(&["close"])).0.id, 4);
        let natural = Layout::of(columns(&["bid", "ask"]));
        assert_eq!(catalog.layout(&natural.columns), (natural.clone(), true));
        assert_eq!(catalog.layout(&natural.columns), (natural.clone(), false));
        let mut crowded = Catalog::new(vec![Layout { id: natural.id, columns: columns(&["met by chance"]) }], vec![]);
        let (layout, fresh) = crowded.layout(&natural.columns);
        assert_eq!((layout.id, fresh), (natural.id.wrapping_add(1), true));
        let layout = natural;
        assert!(!catalog.adopt(&layout).expect("the same"));
        assert!(catalog.adopt(&Layout { id: layout.id, columns: columns(&["x"]) }).is_err());
        assert!(catalog.adopt(&Layout { id: 9, columns: columns(&["close"]) }).is_err());
        let id: InstrumentId = "BTC-USDT@demo".parse().expect("valid");
        assert_eq!(catalog.instrument(&id), (InstrumentIndex(0), true));
        assert_eq!(catalog.instrument(&id), (InstrumentIndex(0), false));
    }
}
