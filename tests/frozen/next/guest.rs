//! A plugin that says its first column, and logs each row in the way that its crate chooses.

macro_rules! plugin {
    ($id:literal, $log:expr) => {
        use exports::sconce::strategy::guest::{
            Description, Guest, GuestInstance, Instance, Memory, NeedsList, OutputKind, Scope,
        };
        use sconce::strategy::log;
        use sconce::strategy::types::{Block, Body, Direction, Failure, Output, Signal};

        wit_bindgen::generate!({ path: "../wit/0.1.1", world: "plugin" });

        struct Plugin;

        export!(Plugin);

        impl Guest for Plugin {
            type Instance = Plugin;

            fn describe() -> Description {
                Description {
                    id: $id.into(),
                    name: "Of a time to come".into(),
                    version: "1.0.0".into(),
                    description: "Says its first column.".into(),
                    outputs: vec![OutputKind::Signal],
                    score_scale: "price".into(),
                    config_schema: r#"{"type":"object"}"#.into(),
                    scope: Scope::Instrument,
                    memory: Memory::Finite(0),
                }
            }

            fn needs(_: String) -> Result<NeedsList, Failure> {
                let columns = vec!["close".into(), "volume".into()];
                Ok(NeedsList { columns, look_back: 0, every_seconds: None, abilities: Vec::new() })
            }
        }

        impl GuestInstance for Plugin {
            fn create(_: String, _: Vec<String>) -> Result<Instance, Failure> {
                Ok(Instance::new(Plugin))
            }

            fn warm_up(&self, _: Block) -> Result<(), Failure> {
                Ok(())
            }

            fn on_row(&self, _: i64, _: u32, _: u32, row: Vec<f64>) -> Result<Vec<Output>, Failure> {
                let log: fn(log::Level, &str) = $log;
                log(log::Level::Info, "a row");
                let score = row.first().copied().ok_or(Failure::NotReady(1))?;
                let signal = Signal {
                    label: "close".into(),
                    direction: Direction::Neutral,
                    score,
                    probability: None,
                    horizon: None,
                    levels: Vec::new(),
                    attributes: Vec::new(),
                    finding: false,
                };
                Ok(vec![Output { instrument: None, body: Body::Signal(signal) }])
            }

            fn run(&self, _: Block) -> Result<Vec<(u32, Output)>, Failure> {
                Err(Failure::Other("row by row only".into()))
            }

            fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
                Ok(None)
            }

            fn restore(_: String, _: Vec<String>, _: Vec<u8>) -> Result<Instance, Failure> {
                Err(Failure::Other("no snapshots".into()))
            }
        }
    };
}

pub(crate) use plugin;
