//! One HTTP answer, read whole.

use reqwest::blocking::Response;
use serde_json::Value;

/// Status, headers and body.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What was asked, for messages.
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn read(asked: String, response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { body: response.text().unwrap_or_else(|error| panic!("{asked}: {error}")), asked, status, headers }
    }

    /// The body as JSON, once the status is the expected one.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        self.expect(status);
        let kind = self.header("content-type");
        assert!(kind.starts_with("application/json"), "{}: content type `{kind}`", self.asked);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{}: {error}: {}", self.asked, self.body))
    }

    /// Checks the status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.body);
        self
    }

    /// A header, empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
