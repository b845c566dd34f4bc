//! The bus between the parts of a host: publish and subscribe by topic, latest-value views, and questions to workers.
//!
//! In one process it is channels. What passes it is news, not truth: a slow subscriber loses the oldest and is told how
//! many, and whoever needs everything reads the ledger.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use tokio::sync::{broadcast, mpsc, oneshot};

/// A stream of news of one kind, with the newest of each key. Clones are the same topic.
#[derive(Debug)]
pub struct Topic<K, V> {
    latest: Arc<RwLock<BTreeMap<K, V>>>,
    news: broadcast::Sender<(K, V)>,
}

impl<K, V> Clone for Topic<K, V> {
    fn clone(&self) -> Self {
        Topic { latest: Arc::clone(&self.latest), news: self.news.clone() }
    }
}

impl<K: Ord + Clone, V: Clone> Topic<K, V> {
    /// A topic whose subscribers may fall `capacity` news behind.
    pub fn new(capacity: usize) -> Self {
        Topic { latest: Arc::default(), news: broadcast::Sender::new(capacity.max(1)) }
    }

    /// Makes `value` the newest of `key` and tells the subscribers. Never blocks on them.
    pub fn publish(&self, key: K, value: V) {
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        latest.insert(key.clone(), value.clone());
        // Sent under the lock, so that news and views have the same order. An error says that nobody listens.
        let _ = self.news.send((key, value));
    }

    /// Forgets a key; subscribers are not told.
    pub fn forget(&self, key: &K) {
        self.latest.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// The newest of a key.
    pub fn latest(&self, key: &K) -> Option<V> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// The newest of every key.
    pub fn view(&self) -> BTreeMap<K, V> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The view, by key, and whatever is published after it, without a hole between them.
    pub fn subscribe(&self) -> (BTreeMap<K, V>, broadcast::Receiver<(K, V)>) {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        (latest.clone(), self.news.subscribe())
    }
}

/// A question on its way to whoever can answer it, such as the forming bar of a worker.
#[derive(Debug)]
pub struct Question<Q, A> {
    /// What is asked.
    pub query: Q,
    reply: oneshot::Sender<A>,
}

impl<Q, A> Question<Q, A> {
    /// A question and the place where its answer appears; for channels that carry other things as well.
    pub fn new(query: Q) -> (Self, oneshot::Receiver<A>) {
        let (reply, answer) = oneshot::channel();
        (Question { query, reply }, answer)
    }

    /// Answers. It does not matter whether the asker still waits.
    pub fn answer(self, answer: A) {
        let _ = self.reply.send(answer);
    }
}

/// The asking end.
#[derive(Debug)]
pub struct Asker<Q, A> {
    questions: mpsc::Sender<Question<Q, A>>,
    patience: Duration,
}

impl<Q, A> Clone for Asker<Q, A> {
    fn clone(&self) -> Self {
        Asker { questions: self.questions.clone(), patience: self.patience }
    }
}

/// The answering end, for a plain thread that looks at it between its other work.
#[derive(Debug)]
pub struct Answerer<Q, A> {
    questions: mpsc::Receiver<Question<Q, A>>,
}

/// A channel of at most `capacity` open questions, each waiting at most `patience` for its answer.
pub fn ask_channel<Q, A>(capacity: usize, patience: Duration) -> (Asker<Q, A>, Answerer<Q, A>) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    (Asker { questions: sender, patience }, Answerer { questions: receiver })
}

impl<Q, A> Asker<Q, A> {
    /// Asks and waits for the answer. Must be awaited on a tokio runtime, whose clock measures the patience.
    pub async fn ask(&self, query: Q) -> Result<A, Failure> {
        let (question, answer) = Question::new(query);
        let asked = async {
            self.questions.send(question).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(self.patience, asked).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(Failure::new(ErrorKind::Unavailable, "the worker has ended")),
            Err(_) => Err(Failure::new(ErrorKind::Unavailable, "the worker did not answer in time; try again")),
        }
    }
}

impl<Q, A> Answerer<Q, A> {
    /// The next question, if one waits.
    pub fn poll(&mut self) -> Option<Question<Q, A>> {
        self.questions.try_recv().ok()
    }

    /// Waits for the next question; absent when nobody can ask any more.
    pub async fn next(&mut self) -> Option<Question<Q, A>> {
        self.questions.recv().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_view_and_what_follows_have_no_hole() {
        let topic = Topic::new(8);
        topic.publish("a", 1);
        let (view, mut news) = topic.subscribe();
        topic.publish("a", 2);
        topic.publish("b", 3);
        assert_eq!(view, BTreeMap::from([("a", 1)]));
        assert_eq!(news.recv().await, Ok(("a", 2)));
        assert_eq!(news.recv().await, Ok(("b", 3)));
        assert_eq!(topic.view(), BTreeMap::from([("a", 2), ("b", 3)]));
        topic.forget(&"a");
        assert_eq!((topic.latest(&"a"), topic.latest(&"b")), (None, Some(3)));
    }

    #[tokio::test]
    async fn questions_are_answered_by_a_plain_thread() {
        let (asker, mut answerer) = ask_channel::<u32, u32>(4, Duration::from_secs(5));
        let thread = std::thread::spawn(move || {
            let question = futures::executor::block_on(answerer.next()).expect("somebody asks");
            let double = question.query * 2;
            question.answer(double);
        });
        assert_eq!(asker.ask(21).await, Ok(42));
        thread.join().expect("no panic");
        assert_eq!(asker.ask(1).await.map_err(|failure| failure.kind), Err(ErrorKind::Unavailable));
    }

    #[tokio::test]
    async fn patience_ends() {
        let (asker, _answerer) = ask_channel::<u32, u32>(4, Duration::from_millis(1));
        assert_eq!(asker.ask(1).await.map_err(|failure| failure.kind), Err(ErrorKind::Unavailable));
    }
}
