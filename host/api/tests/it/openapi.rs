//! The OpenAPI document: complete, consistent, and true to what is served.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Method;
use sconce_api::document;
use serde_json::{Value, json};

use crate::client::Api;

/// Every route that is served and documented. The page under `/docs` is for people and not in the document.
const ROUTES: [(&str, &str); 64] = [
    ("get", "/"),
    ("get", "/agents"),
    ("post", "/agents/run-now"),
    ("get", "/api/forecasts"),
    ("get", "/api/forecasts/models"),
    ("get", "/api/forecasts/performance"),
    ("get", "/db-health"),
    ("get", "/debug/features"),
    ("get", "/debug/state"),
    ("get", "/export-csv"),
    ("get", "/findings"),
    ("get", "/signals"),
    ("get", "/signals_tf"),
    ("get", "/health"),
    ("get", "/health/detailed"),
    ("get", "/healthz"),
    ("get", "/host/v1/audit"),
    ("get", "/host/v1/bars"),
    ("get", "/host/v1/bars/policy"),
    ("get", "/host/v1/changes"),
    ("get", "/host/v1/changes/{id}"),
    ("get", "/host/v1/columns"),
    ("get", "/host/v1/deployments"),
    ("get", "/host/v1/deployments/{id}"),
    ("patch", "/host/v1/deployments/{id}"),
    ("put", "/host/v1/deployments/{id}"),
    ("get", "/host/v1/deployments/{id}/comparison"),
    ("get", "/host/v1/deployments/{id}/logs"),
    ("post", "/host/v1/deployments/{id}/preflight"),
    ("post", "/host/v1/deployments/{id}/promote"),
    ("post", "/host/v1/deployments/{id}/release"),
    ("post", "/host/v1/deployments/{id}/retire"),
    ("get", "/host/v1/deployments/{id}/revisions"),
    ("post", "/host/v1/deployments/{id}/rollback"),
    ("get", "/host/v1/feeds"),
    ("get", "/host/v1/instruments"),
    ("get", "/host/v1/models"),
    ("post", "/host/v1/models"),
    ("get", "/host/v1/models/{coin}/{name}"),
    ("post", "/host/v1/models/{coin}/{name}/alias"),
    ("post", "/host/v1/models/{coin}/{name}/promote"),
    ("post", "/host/v1/models/{coin}/{name}/restore"),
    ("post", "/host/v1/models/{coin}/{name}/retire"),
    ("post", "/host/v1/models/{coin}/{name}/rollback"),
    ("post", "/host/v1/models/{coin}/{name}/shadow"),
    ("get", "/host/v1/outputs"),
    ("get", "/host/v1/outputs/{id}"),
    ("get", "/host/v1/plugins"),
    ("post", "/host/v1/plugins"),
    ("delete", "/host/v1/plugins/{id}"),
    ("get", "/host/v1/plugins/{id}"),
    ("get", "/host/v1/scores"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/ready"),
    ("get", "/v1/signals"),
    ("get", "/v1/strategies"),
    ("get", "/v1/strategies/{id}"),
    ("get", "/v1/strategies/{id}/logs"),
    ("post", "/v1/strategies/{id}/logs"),
    ("get", "/v1/summary"),
    ("post", "/v1/trades"),
    ("get", "/version"),
    ("get", "/docs"),
];

fn document_json() -> Value {
    serde_json::to_value(document("0.1.0")).expect("a document")
}

/// Method, path and operation of everything in the document.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let each = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("an item");
        item.iter().map(move |(method, operation)| (method.clone(), path.clone(), operation.clone()))
    });
    each.collect()
}

#[test]
fn the_document_is_as_it_was() {
    insta::assert_json_snapshot!("openapi", document_json());
}

#[tokio::test]
async fn the_served_document_is_this_one() {
    let served = Api::new().get("/openapi.json").await.json();
    assert_eq!(served["paths"], document_json()["paths"]);
    assert_eq!(served["openapi"], "3.1.0");
}

#[tokio::test]
async fn every_documented_route_is_served_and_every_served_one_documented() {
    let document = document_json();
    let documented: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let listed: BTreeSet<(String, String)> = ROUTES
        .iter()
        .filter(|(_, path)| *path != "/docs")
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(documented, listed);
    let api = Api::new();
    for (method, path) in &documented {
        let method: Method = method.to_uppercase().parse().expect("a method");
        let path = path.replace("{id}", "zones-1d").replace("{coin}/{name}", "BTC/lstm");
        let answer = api.request(method.clone(), &path, &[], Body::empty()).await;
        assert_ne!(answer.status, 405, "{method} {path}");
        assert!(answer.status != 404 || answer.json()["detail"] != "not found", "{method} {path}");
    }
}

#[test]
fn operations_have_one_id_each_a_tag_and_their_errors() {
    let document = document_json();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{at} has no id"));
        assert!(ids.insert(id.to_owned()), "{id} is used twice");
        assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{at}");
        let responses = operation["responses"].as_object().expect("responses");
        let has = |status: &str| responses.contains_key(status);
        assert!(has("503"), "{at}");
        assert!(["200", "201", "204"].into_iter().any(has), "{at}");
        let names = ["/host/v1/bars", "/host/v1/outputs", "/host/v1/scores"].contains(&path.as_str());
        assert_eq!(has("404"), path.contains('{') || names, "{at}");
        assert_eq!(has("401") && has("403") && has("413"), method != "get", "{at}");
        let has_query = operation["parameters"].as_array().is_some_and(|list| list.iter().any(|p| p["in"] == "query"));
        assert_eq!(has("422"), has_query || matches!(method.as_str(), "post" | "put"), "{at}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = document_json();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 30, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_example_fits_its_schema() {
    let document = document_json();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let mut examples = 0;
    for (name, schema) in schemas {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let own = std::iter::once((name.as_str(), schema));
        for (field, part) in own.chain(properties.map(|(field, part)| (field.as_str(), part))) {
            for example in examples_of(part) {
                examples += 1;
                let schema = json!({"components": document["components"], "allOf": [part]});
                let validator = jsonschema::validator_for(&schema).expect("a schema");
                assert!(validator.is_valid(&example), "{name}.{field}: {example} does not fit {part}");
            }
        }
    }
    assert!(examples > 40, "only {examples} examples were found");
}

fn examples_of(schema: &Value) -> Vec<Value> {
    let many = schema["examples"].as_array().cloned().unwrap_or_default();
    schema.get("example").cloned().into_iter().chain(many).collect()
}

/// Answers of the sample world, against what the document says of them.
#[tokio::test]
async fn every_answer_fits_its_schema() {
    let document = document_json();
    let api = Api::new();
    let id = api.get("/host/v1/outputs").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
    for (method, path, operation) in operations(&document) {
        if method != "get" || path == "/metrics" || path == "/export-csv" {
            continue;
        }
        let url = match path.as_str() {
            "/host/v1/outputs/{id}" => format!("/host/v1/outputs/{id}"),
            "/host/v1/bars" => "/host/v1/bars?instrument=BTC&timeframe=1h&forming=true".to_owned(),
            "/host/v1/deployments/{id}/comparison" => "/host/v1/deployments/zones-next/comparison".to_owned(),
            "/host/v1/changes/{id}" => {
                api.service.begin_one();
                "/host/v1/changes/1".to_owned()
            }
            "/host/v1/plugins/{id}" => "/host/v1/plugins/zones".to_owned(),
            other => other.replace("{id}", "zones-1d").replace("{coin}/{name}", "BTC/lstm"),
        };
        let answer = api.get(&url).await;
        assert_eq!(answer.status, 200, "{url}");
        let part = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let schema = json!({"components": document["components"], "allOf": [part]});
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let body = answer.json();
        let errors: Vec<String> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{url}: {errors:#?}");
    }
}
