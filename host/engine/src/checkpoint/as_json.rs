//! Values whose serialised form is not the same everywhere (free JSON inside them) are kept as JSON text.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that is kept as JSON text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AsJson<T>(pub(crate) T);

impl<T: JsonText> Serialize for AsJson<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_text().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de, T: JsonText> Deserialize<'de> for AsJson<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::from_text(&text).map(AsJson).map_err(serde::de::Error::custom)
    }
}

/// What can be kept so.
pub(crate) trait JsonText: Sized {
    fn to_text(&self) -> serde_json::Result<String>;
    fn from_text(text: &str) -> serde_json::Result<Self>;
}

impl<T: Serialize + DeserializeOwned> JsonText for std::sync::Arc<T> {
    fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self.as_ref())
    }

    fn from_text(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text).map(std::sync::Arc::new)
    }
}
