//! One row of the catalogue: a name pattern, its meaning and how much history it needs.

use super::spec::Kind;

/// What a parameter in a column name may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// A number of bars from the given least value to [`MAX_PERIOD`](crate::MAX_PERIOD).
    Bars {
        /// How patterns call it.
        name: &'static str,
        /// The smallest period the formula is defined for.
        least: u16,
    },
    /// A factor from 0.001 to 100 with up to three decimals.
    Factor {
        /// How patterns call it.
        name: &'static str,
    },
}

impl Param {
    /// The commonest parameter: a period `n`.
    pub(super) const N: Self = Self::bars("n");

    pub(super) const fn bars(name: &'static str) -> Self {
        Self::Bars { name, least: 1 }
    }

    /// How patterns call it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bars { name, .. } | Self::Factor { name } => name,
        }
    }
}

/// A computation over the parameters of a name.
type Bars = fn([usize; 3]) -> usize;

/// One column pattern.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueEntry {
    /// The name without its parameters.
    pub stem: &'static str,
    /// The parameters that follow the stem, joined by underscores.
    pub params: &'static [Param],
    /// A complete canonical name.
    pub example: &'static str,
    /// Another name for the example.
    pub alias: Option<&'static str>,
    /// One sentence with the formula.
    pub definition: &'static str,
    /// Unit of the values.
    pub unit: &'static str,
    /// What the formula is checked against, or where it is defined.
    pub source: &'static str,
    /// Index of the first value in terms of the parameters.
    pub first_index: &'static str,
    /// Number of bars that determine a value, in terms of the parameters; `all` for recursive columns.
    pub memory: &'static str,
    pub(super) kind: Kind,
    pub(super) output: u8,
    pub(super) warmup_of: Bars,
    pub(super) memory_of: Option<Bars>,
}

impl CatalogueEntry {
    /// The name with its parameters in angle brackets, such as `sma_<n>`.
    #[must_use]
    pub fn pattern(&self) -> String {
        let mut pattern = self.stem.to_owned();
        for param in self.params {
            pattern.push_str(&format!("_<{}>", param.name()));
        }
        pattern
    }

    /// A column that exists from the first bar on and depends on nothing else.
    pub(super) const fn new(kind: Kind, output: u8, stem: &'static str, params: &'static [Param]) -> Self {
        Self {
            stem,
            params,
            example: stem,
            alias: None,
            definition: "",
            unit: "",
            source: "",
            first_index: "0",
            memory: "1",
            kind,
            output,
            warmup_of: |_| 0,
            memory_of: Some(|_| 1),
        }
    }

    pub(super) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    pub(super) const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    pub(super) const fn says(mut self, definition: &'static str, unit: &'static str) -> Self {
        self.definition = definition;
        self.unit = unit;
        self
    }

    pub(super) const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    pub(super) const fn first(mut self, text: &'static str, warmup_of: Bars) -> Self {
        self.first_index = text;
        self.warmup_of = warmup_of;
        self
    }

    pub(super) const fn needs(mut self, text: &'static str, memory_of: Bars) -> Self {
        self.memory = text;
        self.memory_of = Some(memory_of);
        self
    }

    pub(super) const fn needs_all(mut self) -> Self {
        self.memory = "all";
        self.memory_of = None;
        self
    }
}
