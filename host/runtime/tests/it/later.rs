//! A host of a time to come: its linker speaks 0.1.1 of the interface, which is 0.1.0 and one function more.

use wasmtime::component::{Component, HasSelf, Linker, ResourceAny, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use bindings::sconce::strategy::{history, log, types};

mod bindings {
    wasmtime::component::bindgen!({ path: "../../tests/frozen/next/wit/0.1.1", world: "plugin" });
}

#[derive(Default)]
struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    lines: Vec<String>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl types::Host for State {}

impl log::Host for State {
    fn write(&mut self, _: log::Level, message: String) {
        self.lines.push(message);
    }

    fn enabled(&mut self, _: log::Level) -> bool {
        true
    }
}

impl history::Host for State {
    fn rows(&mut self, _: u32) -> Result<types::Block, types::Failure> {
        Err(types::Failure::Other("a later host keeps no history".into()))
    }
}

/// Such a host with one plugin and one instance of it.
pub(crate) struct Later {
    store: Store<State>,
    plugin: bindings::Plugin,
    instance: ResourceAny,
}

impl Later {
    #[track_caller]
    pub(crate) fn host(bytes: &[u8]) -> Self {
        let mut config = Config::new();
        config.concurrency_support(false);
        let engine = Engine::new(&config).expect("the engine starts");
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("links");
        bindings::Plugin::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).expect("links");
        let component = Component::new(&engine, bytes).expect("compiles");
        let mut store = Store::new(&engine, State::default());
        let plugin = bindings::Plugin::instantiate(&mut store, &component, &linker).expect("a later host takes it");
        let start = plugin.sconce_strategy_guest().instance();
        let instance = start.call_create(&mut store, "{}", &["BTC-USDT@demo".to_owned()]).expect("lives");
        Later { instance: instance.expect("starts"), store, plugin }
    }

    pub(crate) fn id(&mut self) -> String {
        self.plugin.sconce_strategy_guest().call_describe(&mut self.store).expect("lives").id
    }

    /// The labels of what is said of a row.
    pub(crate) fn said(&mut self, values: &[f64]) -> Vec<String> {
        let guest = self.plugin.sconce_strategy_guest().instance();
        let said = guest.call_on_row(&mut self.store, self.instance, 0, 0, 1, values).expect("lives").expect("answers");
        let label = |output: types::Output| match output.body {
            types::Body::Signal(signal) => signal.label,
            types::Body::Forecast(forecast) => forecast.target,
        };
        said.into_iter().map(label).collect()
    }

    pub(crate) fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.store.data_mut().lines)
    }
}
