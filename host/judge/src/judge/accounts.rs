//! Who makes claims: how many of each wait, and what was refused.
//!
//! A version of a plugin or model is a producer of its own and authors make many, so the accounts of those that wait for
//! nothing give way to new ones; what was refused of them stays in the count of all.

use std::collections::BTreeMap;

use sconce_domain::Producer;
use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, Refused};
use crate::pairs;

/// Accounts from which on those without a waiting claim give way.
const HELD: usize = 1_024;

/// One who makes claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) producer: Producer,
    pub(super) pending: u64,
    refused: Refused,
}

/// Every account, by a number that holds while one of its claims waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Accounts {
    accounts: Vec<Account>,
    #[serde(with = "pairs")]
    by_producer: BTreeMap<Producer, u32>,
    /// Of all, those that gave way included.
    refused: Refused,
}

impl Accounts {
    /// The number of a producer's account, opened where there is none.
    pub(super) fn of(&mut self, producer: &Producer) -> usize {
        if let Some(at) = self.by_producer.get(producer) {
            return *at as usize;
        }
        let account = Account { producer: producer.clone(), pending: 0, refused: Refused::default() };
        let at = match self.idle() {
            Some(at) => {
                let gone = std::mem::replace(&mut self.accounts[at], account);
                self.by_producer.remove(&gone.producer);
                at
            }
            None => {
                self.accounts.push(account);
                self.accounts.len() - 1
            }
        };
        self.by_producer.insert(producer.clone(), u32::try_from(at).unwrap_or(u32::MAX));
        at
    }

    pub(super) fn at(&self, at: usize) -> &Account {
        &self.accounts[at]
    }

    pub(super) fn at_mut(&mut self, at: usize) -> &mut Account {
        &mut self.accounts[at]
    }

    pub(super) fn refuse(&mut self, at: usize, refusal: Refusal) {
        self.accounts[at].refused.count(refusal);
        self.refused.count(refusal);
    }

    /// What was refused of those who have an account.
    pub(super) fn refused_by_producer(&self) -> impl Iterator<Item = (&Producer, &Refused)> {
        self.accounts.iter().map(|account| (&account.producer, &account.refused))
    }

    /// What was refused of all.
    pub(super) fn refused(&self) -> &Refused {
        &self.refused
    }

    /// An account that gives way, where there are many.
    fn idle(&self) -> Option<usize> {
        if self.accounts.len() < HELD {
            return None;
        }
        self.accounts.iter().position(|account| account.pending == 0)
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::Digest;

    use super::*;

    fn producer(number: usize) -> Producer {
        Producer::Model { name: number.to_string(), digest: Digest::default() }
    }

    #[test]
    fn those_who_wait_for_nothing_give_way_and_the_count_of_all_stays() {
        let mut accounts = Accounts::default();
        for number in 0..3 * HELD {
            let at = accounts.of(&producer(number));
            accounts.refuse(at, Refusal::Late);
            // Every hundredth waits for something.
            accounts.at_mut(at).pending = u64::from(number % 100 == 0);
        }
        assert_eq!(accounts.accounts.len(), HELD);
        assert_eq!(accounts.by_producer.len(), HELD);
        assert_eq!(accounts.refused().of(Refusal::Late), 3 * HELD as u64);
        for number in (0..3 * HELD).step_by(100) {
            let at = accounts.by_producer[&producer(number)] as usize;
            assert_eq!(accounts.at(at).producer, producer(number));
        }
    }
}
