//! The pool over sessions that do what they are told.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::*;
use crate::backend::Port;

/// Its sessions answer with their number of runs, overrun on a negative input, fail on 0, and wait on 2 until told.
#[derive(Debug)]
struct Told {
    port: Port,
    entered: Sender<()>,
    go: Arc<Mutex<Receiver<()>>>,
}

struct TellSession {
    runs: f32,
    entered: Sender<()>,
    go: Arc<Mutex<Receiver<()>>>,
}

impl Graph for Told {
    fn input(&self) -> &Port {
        &self.port
    }
    fn output(&self) -> &Port {
        &self.port
    }
    fn session(&self) -> Result<Box<dyn Session>, String> {
        Ok(Box::new(TellSession { runs: 0.0, entered: self.entered.clone(), go: Arc::clone(&self.go) }))
    }
}

impl Session for TellSession {
    fn run(&mut self, input: &[f32], _: &[usize], limit: Duration) -> Result<Vec<f32>, RunError> {
        self.runs += 1.0;
        match input[0] {
            x if x < 0.0 => Err(RunError::Deadline(limit)),
            0.0 => Err(RunError::Failed("told to".to_owned())),
            2.0 => {
                self.entered.send(()).expect("somebody listens");
                self.go.lock().expect("whole").recv().expect("told to go on");
                Ok(vec![self.runs])
            }
            _ => Ok(vec![self.runs]),
        }
    }
}

struct Stage {
    pool: Arc<Pool>,
    entered: Receiver<()>,
    go: Sender<()>,
}

fn stage(sessions: usize, limit: Duration) -> Stage {
    let ((tell_entered, entered), (go, wait)) = (channel(), channel());
    let port = Port { name: String::new(), dims: Vec::new() };
    let graph: Arc<dyn Graph> = Arc::new(Told { port, entered: tell_entered, go: Arc::new(Mutex::new(wait)) });
    Stage { pool: Arc::new(Pool::new(&graph, sessions, limit).expect("a pool")), entered, go }
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn sessions_come_back_after_a_failure_and_not_after_an_overrun() {
    let Stage { pool, .. } = stage(1, LONG);
    assert_eq!(pool.run(&[1.0], &[1]), Ok(vec![1.0]));
    assert_eq!(pool.run(&[0.0], &[1]), Err(RunFailure::Failed("the run failed: told to".to_owned())));
    assert_eq!(pool.run(&[1.0], &[1]), Ok(vec![3.0]));
    let unloaded = RunFailure::Unloaded("a run was stopped after 60s".to_owned());
    assert_eq!(pool.run(&[-1.0], &[1]), Err(unloaded.clone()));
    assert_eq!(pool.run(&[1.0], &[1]), Err(unloaded));
    assert_eq!(pool.closed(), Some("a run was stopped after 60s"));
}

#[test]
fn whoever_finds_no_session_waits_for_one() {
    let Stage { pool, entered, go } = stage(1, LONG);
    let own = Arc::clone(&pool);
    let first = thread::spawn(move || own.run(&[2.0], &[1]));
    entered.recv().expect("the first is at work");
    let own = Arc::clone(&pool);
    let second = thread::spawn(move || own.run(&[1.0], &[1]));
    while pool.lock().waiting == 0 {
        thread::yield_now();
    }
    go.send(()).expect("it listens");
    assert_eq!(first.join().expect("no panic"), Ok(vec![1.0]));
    assert_eq!(second.join().expect("no panic"), Ok(vec![2.0]));
}

#[test]
fn nobody_waits_for_ever() {
    let Stage { pool, entered, go } = stage(1, Duration::from_millis(1));
    let own = Arc::clone(&pool);
    let first = thread::spawn(move || own.run(&[2.0], &[1]));
    entered.recv().expect("the first is at work");
    assert_eq!(pool.run(&[1.0], &[1]), Err(RunFailure::Busy));
    pool.lock().waiting = MOST_WAITING;
    assert_eq!(pool.run(&[1.0], &[1]), Err(RunFailure::Busy));
    go.send(()).expect("it listens");
    assert_eq!(first.join().expect("no panic"), Ok(vec![1.0]));
}
