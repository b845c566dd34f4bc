//! What is counted: labels are few and known, whatever callers ask for.

use metrics_exporter_prometheus::PrometheusBuilder;
use sconce_domain::Body as Said;

use crate::client::Api;

/// Asks for `paths` and gives the metrics that this left.
fn after(api: &Api, paths: &[&str]) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            for path in paths {
                api.get(path).await;
            }
        });
    });
    handle.render()
}

#[test]
fn requests_are_counted_by_template_and_status() {
    let text = after(
        &Api::new(),
        &["/v1/strategies/zones-1d", "/v1/strategies/x", "/v1/strategies/y", "/v1/signals", "/z?q=1"],
    );
    for line in [
        r#"http_requests_total{method="GET",endpoint="/v1/strategies/{id}",status_code="200"} 1"#,
        r#"http_requests_total{method="GET",endpoint="/v1/strategies/{id}",status_code="404"} 2"#,
        r#"http_requests_total{method="GET",endpoint="/v1/signals",status_code="200"} 1"#,
        r#"http_requests_total{method="GET",endpoint="unmatched",status_code="404"} 1"#,
        r#"http_request_duration_seconds_count{method="GET",endpoint="/v1/signals"} 1"#,
        "http_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}

#[test]
fn rewritten_words_are_counted() {
    let api = Api::new();
    api.service.change(|world| {
        let Said::Signal(signal) = &mut world.outputs[0].output.body else { panic!("a signal") };
        signal.label = "buy buy".into();
    });
    let text = after(&api, &["/v1/signals", "/v1/signals"]);
    // Two words in one view, which is rendered once.
    assert!(text.lines().any(|line| line == "vocabulary_rewrites_total 2"), "{text}");
}
