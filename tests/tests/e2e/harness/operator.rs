//! What an operator asks of a running host, and how its data directory is held to what it said.

use reqwest::Method;
use serde_json::Value;

use super::reply::Reply;
use super::server::{Server, Setup, run};
use super::shape::text;

const JSON: (&str, &str) = ("content-type", "application/json");

impl Server {
    /// Brings a component.
    #[track_caller]
    pub(crate) fn upload(&self, bytes: Vec<u8>) -> Reply {
        self.change(Method::POST, "/host/v1/plugins", &[("content-type", "application/wasm")], bytes)
    }

    /// Brings a component that is new; gives its digest.
    #[track_caller]
    pub(crate) fn bring(&self, bytes: Vec<u8>) -> String {
        text(&self.upload(bytes).json(201)["plugin"], "digest").to_owned()
    }

    /// Puts a deployment; the query goes behind its id.
    #[track_caller]
    pub(crate) fn deploy(&self, id: &str, spec: &Value) -> Reply {
        self.change(Method::PUT, &format!("/host/v1/deployments/{id}"), &[JSON], spec.to_string().into_bytes())
    }

    /// `promote`, `rollback`, `release`, `retire`; the query goes behind it.
    #[track_caller]
    pub(crate) fn act(&self, id: &str, what: &str) -> Reply {
        self.change(Method::POST, &format!("/host/v1/deployments/{id}/{what}"), &[JSON], Vec::new())
    }
}

impl Setup {
    /// Everything that was said here can be made again, byte for byte.
    #[track_caller]
    pub(crate) fn is_verified(&self) {
        let data = self.data().to_string_lossy().into_owned();
        let output = run(&["verify", "--data-dir", &data, "--ledger"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains(" 0 different, 0 not comparable"), "{said}");
    }
}
