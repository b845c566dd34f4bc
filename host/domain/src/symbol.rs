//! Spellings of instruments. (Being written.)
