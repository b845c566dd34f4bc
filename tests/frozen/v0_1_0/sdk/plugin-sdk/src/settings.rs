//! Reads settings: JSON as a tree first, then the author's type out of the tree.
//!
//! `serde_json` could do both at once, but its error messages bring a table of 17 kB for writing numbers into every
//! component, which every instance then maps. With a tree in between, the messages are those of `serde`.
//! Numbers are `i64`, `u64` or `f64`; keys that stand for numbers or flags are texts in JSON and are read as such.

use std::fmt;

use serde::de::value::{Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::failure::Failure;

/// Reads `text` as a `T`.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    let tree: Tree = serde_json::from_str(text).map_err(Failure::bad_config)?;
    T::deserialize(tree).map_err(Failure::bad_config)
}

/// A JSON value. Keys keep their order, and one that stands twice stays twice.
enum Tree {
    Null,
    Flag(bool),
    Natural(u64),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(Key, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Natural(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Integer(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry()? {
            map.push((Key(key), value));
        }
        Ok(Tree::Map(map))
    }
}

impl<'de> IntoDeserializer<'de> for Tree {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Tree::Null => visitor.visit_unit(),
            Tree::Flag(flag) => visitor.visit_bool(flag),
            Tree::Natural(number) => visitor.visit_u64(number),
            Tree::Integer(number) => visitor.visit_i64(number),
            Tree::Number(number) => visitor.visit_f64(number),
            Tree::Text(text) => visitor.visit_string(text),
            Tree::List(list) => {
                let mut items = SeqDeserializer::new(list.into_iter());
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Tree::Map(map) => {
                let mut entries = MapDeserializer::new(map.into_iter());
                let value = visitor.visit_map(&mut entries)?;
                entries.end().map(|()| value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Tree::Null => visitor.visit_none(),
            tree => visitor.visit_some(tree),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Tree::Text(text) => Key(text).deserialize_enum(name, variants, visitor),
            Tree::Map(map) if map.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(map.into_iter())))
            }
            Tree::Map(_) => Err(serde::de::Error::invalid_value(Unexpected::Map, &"map with a single key")),
            _ => Err(serde::de::Error::custom("expected a variant: a text, or a map with a single key")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A key of a map, or the name of a variant.
struct Key(String);

impl<'de> IntoDeserializer<'de> for Key {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads the key as a `$type` where it is one, and as a text where it is not.
macro_rules! parsed {
    ($($method:ident => $type:ty, $visit:ident;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.parse::<$type>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_string(self.0),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Key {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    parsed! {
        deserialize_bool => bool, visit_bool;
        deserialize_i8 => i64, visit_i64;
        deserialize_i16 => i64, visit_i64;
        deserialize_i32 => i64, visit_i64;
        deserialize_i64 => i64, visit_i64;
        deserialize_u8 => u64, visit_u64;
        deserialize_u16 => u64, visit_u64;
        deserialize_u32 => u64, visit_u64;
        deserialize_u64 => u64, visit_u64;
        deserialize_f32 => f64, visit_f64;
        deserialize_f64 => f64, visit_f64;
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        flag: bool,
        small: i8,
        count: u32,
        ratio: f64,
        word: String,
        maybe: Option<f64>,
        list: Vec<f64>,
        pair: (u8, String),
        by_name: BTreeMap<String, Kind>,
        by_number: BTreeMap<u32, f64>,
        by_flag: BTreeMap<bool, i64>,
        by_kind: BTreeMap<Kind, u8>,
        wrapped: Wrapped,
        mixed: Option<Mixed>,
    }

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Sized(u8),
        Boxed { width: u8, height: u8 },
        Both(u8, u8),
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Wrapped(u16);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Mixed {
        Number(f64),
        Word(String),
        Deep { settings: Box<Settings> },
    }

    /// What `serde_json` makes of it is right; where it refuses, so do we.
    fn check<T: DeserializeOwned + PartialEq + Debug>(text: &str) {
        match (read::<T>(text), serde_json::from_str::<T>(text)) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{text}"),
            (Err(Failure::BadConfig(why)), Err(_)) => assert!(!why.is_empty(), "{text}"),
            (ours, theirs) => panic!("{text}: {ours:?} instead of {theirs:?}"),
        }
    }

    #[test]
    fn settings_are_read_as_serde_json_reads_them() {
        let texts = [
            "{}",
            r#"{"flag":true,"small":-8,"count":4294967295,"ratio":0.1,"word":"a\"\u00e9\n","maybe":null}"#,
            r#"{"ratio":3,"maybe":-2,"list":[1,-1,1e308,2.2250738585072014e-308,0.30000000000000004,-0.0]}"#,
            r#"{"pair":[7,"x"],"wrapped":9,"by_number":{"1":0.5,"20":2},"by_flag":{"true":1,"false":-1}}"#,
            r#"{"by_name":{"a":"plain","b":{"sized":3},"c":{"boxed":{"width":1,"height":2}},"d":{"both":[1,2]}}}"#,
            r#"{"by_kind":{"plain":1}}"#,
            r#"{"mixed":1.5}"#,
            r#"{"mixed":"word"}"#,
            r#"{"mixed":{"settings":{"count":3,"mixed":2}}}"#,
            r#"{"count":-1}"#,
            r#"{"count":4294967296}"#,
            r#"{"count":1.5}"#,
            r#"{"small":-129}"#,
            r#"{"flag":1}"#,
            r#"{"ratio":"1"}"#,
            r#"{"word":5}"#,
            r#"{"count":1,"count":2}"#,
            r#"{"unknown":1}"#,
            r#"{"pair":[7]}"#,
            r#"{"pair":[7,"x",8]}"#,
            r#"{"by_number":{"x":0.5}}"#,
            r#"{"by_number":{"-1":0.5}}"#,
            r#"{"by_flag":{"1":1}}"#,
            r#"{"by_kind":{"sized":1}}"#,
            r#"{"by_name":{"a":"other"}}"#,
            r#"{"by_name":{"a":"sized"}}"#,
            r#"{"by_name":{"a":{"plain":1}}}"#,
            r#"{"by_name":{"a":{"plain":null}}}"#,
            r#"{"by_name":{"a":{"sized":3,"plain":null}}}"#,
            r#"{"by_name":{"a":3}}"#,
            r#"{"by_name":{"a":{}}}"#,
            r#"{"mixed":[]}"#,
            r#"[]"#,
            r#"null"#,
            "",
            "{",
            "{} {}",
            r#"{"ratio":1e999}"#,
        ];
        texts.into_iter().for_each(check::<Settings>);
        ["3", "-3", "3.5", "null", r#""3""#, "[3]"].into_iter().for_each(check::<Option<u8>>);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(100_000);
        assert!(matches!(read::<Vec<u8>>(&deep), Err(Failure::BadConfig(_))));
    }
}
