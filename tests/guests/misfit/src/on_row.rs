//! What each mode does with a row.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use crate::Live;
use crate::allocator;
use crate::run::{Row, count_shared};
use crate::said::{int, level, say, signal, text};
use crate::sconce::strategy::history;
use crate::sconce::strategy::log::{self, Level};
use crate::sconce::strategy::types::{Failure, Output, Signal};

pub fn on_row(live: &Live, row: &Row) -> Result<Vec<Output>, Failure> {
    live.learn(&row.values);
    if let Some(output) = broken_signal(&live.mode) {
        return Ok(vec![say(output)]);
    }
    match live.mode.as_str() {
        "spin" => spin(),
        "spin-host" => spin_host(),
        "hoard" => hoard(live),
        "alloc-spin" => allocator::turn_endless(),
        "leak" => live.hoard.borrow_mut().push(vec![1; live.n as usize]),
        "later" => assert!(row.ts / 60_000_000_000 >= i64::from(live.n), "row {} is too early", row.ts),
        "poison" => refuse_poison(live, row),
        "now-and-then" if live.count.get() % live.n == 0 => panic!("every {}th row is too much", live.n),
        "hoard-politely" => return Ok(vec![say(hoard_politely(live))]),
        "recurse" => drop(black_box(recurse(1))),
        "recurse-lean" => drop(black_box(recurse_lean(1))),
        "panic" => panic!("row {} is not to my taste", live.count.get()),
        "panic-at" if live.count.get() >= live.n => panic!("row {} is one too many", live.count.get()),
        "exit" => std::process::exit(3),
        "many" => return Ok((0..live.n).map(|n| say(signal("many", f64::from(n)))).collect()),
        "log" => (0..live.n).for_each(|n| log::write(Level::Info, &format!("line {n}"))),
        "log-long" => log::write(Level::Warn, &"l".repeat(live.n as usize)),
        "print" => (0..live.n).for_each(|n| eprintln!("line {n}")),
        "sleep" => std::thread::sleep(Duration::from_secs(3_600)),
        "clock" => return Ok(vec![say(clock())]),
        "random" => return Ok(vec![say(random())]),
        "reach" => return Ok(vec![say(reach())]),
        "history" => return history_rows(live),
        "shared" => return Ok(vec![say(signal("shared", f64::from(count_shared())))]),
        "not-ready" => return Err(Failure::NotReady(7)),
        "bad-input" => return Err(Failure::BadInput("no".into())),
        "internal" => return Err(Failure::Internal("broken\u{7}".into())),
        "other" => return Err(Failure::Other("else".into())),
        "elsewhere" => return Ok(vec![Output { instrument: Some(live.n), ..say(signal("elsewhere", 0.0)) }]),
        "echo" => return Ok(vec![say(echo(row))]),
        "peek" => return Ok(vec![say(signal("next", 0.0))]),
        _ => {}
    }
    Ok(vec![say(honest(live))])
}

fn honest(live: &Live) -> Signal {
    let mut signal = signal("sum", live.total.get());
    signal.attributes = vec![
        int("rows", live.count.get().into()),
        text("first", live.instruments.first().cloned().unwrap_or_default()),
    ];
    signal
}

/// Says back what came in.
fn echo(row: &Row) -> Signal {
    let mut signal = signal("echo", 0.0);
    signal.attributes = vec![
        int("ts", row.ts),
        int("instrument", row.instrument.into()),
        int("trigger", row.trigger.into()),
        text("bits", row.values.iter().map(|value| format!("{:016x} ", value.to_bits())).collect::<String>()),
    ];
    signal
}

/// Signals that break one rule each.
fn broken_signal(mode: &str) -> Option<Signal> {
    let mut broken = signal("broken", 1.0);
    match mode {
        "nan" => broken.score = f64::NAN,
        "infinite" => broken.levels = vec![level("stop", f64::INFINITY)],
        "probability" => broken.probability = Some(1.5),
        "horizon-zero" => broken.horizon = Some(0),
        "horizon-long" => broken.horizon = Some(u64::MAX),
        "label-empty" => broken.label = " ".into(),
        "label-long" => broken.label = "x".repeat(65),
        "label-huge" => broken.label = "x".repeat(9_000_000),
        // SAFETY: there is none, and the host must not count on any.
        "label-invalid" => broken.label = unsafe { String::from_utf8_unchecked(vec![b'a', 0xff, 0xc0]) },
        "label-control" => broken.label = "a\nb".into(),
        "level-twice" => broken.levels = vec![level("stop", 1.0), level("stop", 2.0)],
        "level-nameless" => broken.levels = vec![level("", 1.0)],
        "attributes-many" => broken.attributes = (0..100).map(|n| int(&format!("a{n}"), n)).collect(),
        "text-long" => broken.attributes = vec![text("t", "x".repeat(2_000))],
        _ => return None,
    }
    Some(broken)
}

/// Panics at one row of ninety-seven.
pub fn refuse_poison(live: &Live, row: &Row) {
    assert!(row.ts / 60_000_000_000 % 97 != i64::from(live.n), "row {} is poison", row.ts);
}

pub fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Spends its time in the host instead of in its own code.
fn spin_host() {
    loop {
        black_box(SystemTime::now());
    }
}

/// Takes memory until there is none.
pub fn hoard_all() -> ! {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(black_box(vec![1; 1 << 20]));
    }
}

fn hoard(live: &Live) {
    loop {
        live.hoard.borrow_mut().push(Vec::with_capacity(1 << 20));
    }
}

/// Takes what it gets, and says how much that was.
fn hoard_politely(live: &Live) -> Signal {
    let mut hoard = live.hoard.borrow_mut();
    loop {
        let mut piece = Vec::new();
        if piece.try_reserve_exact(1 << 20).is_err() {
            return signal("megabytes", hoard.len() as f64);
        }
        hoard.push(piece);
    }
}

/// Fills the stack that the guest keeps in its own memory.
#[expect(unconditional_recursion, reason = "running out of stack is the point")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    recurse(frame[7] + 1) + frame[3]
}

fn clock() -> Signal {
    let mut signal = signal("clock", 0.0);
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let started = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    signal.attributes = vec![int("wall", wall.as_nanos() as i64), int("waited", started.elapsed().as_nanos() as i64)];
    signal
}

/// The same without a frame in the guest's own memory, so that the engine's stack ends first.
#[inline(never)]
fn recurse_lean(depth: u64) -> u64 {
    if depth == u64::MAX { 0 } else { recurse_lean(depth + 1).rotate_left(depth as u32 & 7) }
}

/// The order of a hash map is as random as a guest without a random source gets.
fn random() -> Signal {
    let mut signal = signal("random", 0.0);
    let map: HashMap<u32, u32> = (0..32).map(|n| (n, n)).collect();
    signal.attributes = vec![text("order", map.keys().map(|key| format!("{key} ")).collect::<String>())];
    signal
}

/// Tries everything that is not granted.
fn reach() -> Signal {
    let mut signal = signal("reach", 0.0);
    let word = |reached: bool| if reached { "reached" } else { "refused" };
    signal.attributes = vec![
        text("read", word(std::fs::read("/etc/passwd").is_ok() || std::fs::read_dir("/").is_ok())),
        text("write", word(std::fs::write("/tmp/misfit", b"x").is_ok())),
        text("tcp", word(std::net::TcpStream::connect("127.0.0.1:80").is_ok())),
        text("udp", word(std::net::UdpSocket::bind("127.0.0.1:0").is_ok())),
        int("env", std::env::vars().count() as i64),
        int("args", std::env::args().count() as i64),
    ];
    signal
}

fn history_rows(live: &Live) -> Result<Vec<Output>, Failure> {
    let block = history::rows(live.n)?;
    let mut signal = signal("history", 0.0);
    signal.attributes =
        vec![int("rows", block.rows.into()), int("width", block.width.into()), int("bytes", block.data.len() as i64)];
    Ok(vec![say(signal)])
}
