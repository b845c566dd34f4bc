//! What every handler is given: the service, the clock, the settings, the rendered views.

use std::fmt;
use std::sync::{Arc, OnceLock};

use sconce_domain::Clock;
use sconce_domain::ports::Service;

use crate::agents::TileViews;
use crate::config::ApiConfig;
use crate::error::ApiError;
use crate::http::limit::Limiter;
use crate::http::meters::Meters;
use crate::http::request_id::RequestIds;
use crate::observations::Views;
use crate::render::Rendered;

/// Answers the text of `/metrics`.
pub(crate) type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Shared by all handlers; cloning it is cheap.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

struct Inner {
    service: Arc<dyn Service>,
    clock: Arc<dyn Clock>,
    config: ApiConfig,
    metrics: RenderMetrics,
    views: Views,
    tiles: TileViews,
    request_ids: RequestIds,
    meters: Meters,
    limiter: Limiter,
    document: OnceLock<Rendered>,
}

impl ApiState {
    /// `metrics` answers the text of `/metrics`; it is called on every scrape.
    pub fn new(
        config: ApiConfig,
        service: Arc<dyn Service>,
        clock: Arc<dyn Clock>,
        metrics: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        ApiState(Arc::new(Inner {
            service,
            clock,
            limiter: Limiter::new(&config.limits),
            config,
            metrics: Arc::new(metrics),
            views: Views::default(),
            tiles: TileViews::default(),
            request_ids: RequestIds::default(),
            meters: Meters::default(),
            document: OnceLock::new(),
        }))
    }

    /// The running host.
    pub fn service(&self) -> &dyn Service {
        &*self.0.service
    }

    /// The settings.
    pub fn config(&self) -> &ApiConfig {
        &self.0.config
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn views(&self) -> &Views {
        &self.0.views
    }

    pub(crate) fn tiles(&self) -> &TileViews {
        &self.0.tiles
    }

    pub(crate) fn request_ids(&self) -> &RequestIds {
        &self.0.request_ids
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.0.meters
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    /// The OpenAPI document, rendered at its first use.
    pub(crate) fn document(&self) -> Result<&Rendered, ApiError> {
        if let Some(rendered) = self.0.document.get() {
            return Ok(rendered);
        }
        let document = crate::openapi::document(&self.config().version);
        let rendered = Rendered::kept(&document)?;
        Ok(self.0.document.get_or_init(|| rendered))
    }

    pub(crate) fn render_metrics(&self) -> String {
        (self.0.metrics)()
    }
}

impl fmt::Debug for ApiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiState")
            .field("service", &self.0.service)
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
