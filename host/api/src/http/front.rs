//! The kept views stand before the router, each in the layers that stand around every route: reading one passes no
//! matching of paths and no copy of a route. All else, other methods of the same paths included, goes to the router.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use tower::Service;
use tower::util::BoxCloneSyncService;

use crate::observations::{KEPT, View, kept};
use crate::state::ApiState;

/// The whole API as a service; cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Front {
    inner: Arc<Inner>,
    /// The other end of the connection.
    peer: Option<SocketAddr>,
}

#[derive(Debug)]
struct Inner {
    /// Whether reads want to know who asks; changes always do.
    reads_ask_for_peers: bool,
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
        let reads_ask_for_peers = state.limiter().is_on();
        Front { inner: Arc::new(Inner { reads_ask_for_peers, views, router }), peer: None }
    }

    /// The same for one connection.
    pub(crate) fn asked_by(&self, peer: SocketAddr) -> Self {
        Front { inner: Arc::clone(&self.inner), peer: Some(peer) }
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

    fn call(&mut self, mut request: Request) -> Answer {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if let Some(peer) = self.peer.filter(|_| !is_read || self.inner.reads_ask_for_peers) {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let is_asked = |path: &str| request.method() == Method::GET && request.uri().path() == path;
        match self.inner.views.iter().find(|(path, _)| is_asked(path)) {
            Some((_, view)) => view.clone().call(request),
            None => Box::pin(self.inner.router.clone().call(request)),
        }
    }
}
