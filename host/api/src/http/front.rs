//! The kept views stand before the router, each in the layers that stand around every route: reading one passes no
//! matching of paths and no copy of a route. All else, other methods of the same paths included, goes to the router.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use tower::Service;
use tower::util::BoxCloneSyncService;

use crate::observations::{KEPT, View, kept};
use crate::state::ApiState;

/// The whole API as a service; cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Front(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    views: [(&'static str, BoxCloneSyncService<Request, Response, Infallible>); KEPT.len()],
    router: Router,
}

impl Front {
    /// Puts the kept views before `router`, which answers for them too where they are asked otherwise.
    pub(crate) fn new(router: Router, state: &ApiState) -> Self {
        let views = KEPT.map(|(path, view)| {
            let answers = super::layered(tower::service_fn(answering(view, state)), state, Some(path));
            (path, BoxCloneSyncService::new(answers))
        });
        Front(Arc::new(Inner { views, router }))
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

fn answering(view: View, state: &ApiState) -> impl Fn(Request) -> Answer + Clone + Send + Sync + 'static + use<> {
    let state = state.clone();
    move |request| {
        let state = state.clone();
        Box::pin(async move {
            let rendering = kept(&state, view, request.headers()).await;
            Ok(rendering.into_response())
        })
    }
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answer {
        let is_asked = |path: &str| request.method() == Method::GET && request.uri().path() == path;
        match self.0.views.iter().find(|(path, _)| is_asked(path)) {
            Some((_, view)) => view.clone().call(request),
            None => Box::pin(self.0.router.clone().call(request)),
        }
    }
}
