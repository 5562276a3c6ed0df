use std::{
    collections::VecDeque,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Answer, Request};

/// What is to be answered, and what came.
#[derive(Debug)]
pub struct Script {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Request>>,
}

impl Script {
    /// These answers, one after the other.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            requests: Mutex::default(),
        }
    }

    /// Keeps what came, and says what is answered; nothing in particular once all answers were given.
    #[must_use]
    pub fn answer(&self, request: Request) -> Option<Answer> {
        lock(&self.requests).push(request);
        lock(&self.answers).pop_front()
    }

    /// What came so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    /// What came since it was taken last.
    #[must_use]
    pub fn taken(&self) -> Vec<Request> {
        mem::take(&mut lock(&self.requests))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
