use std::{
    io::{self, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crate::{Answer, Request, Script};

const PATIENCE: Duration = Duration::from_secs(30);

/// A backend, until the process ends.
#[derive(Clone, Debug)]
pub struct Stub {
    address: SocketAddr,
    script: Arc<Script>,
}

impl Stub {
    /// Answers with these on a port of its own, one after the other, then with an empty 200.
    ///
    /// # Panics
    ///
    /// When there is no port left.
    #[must_use]
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), answers)
    }

    /// [`answering`](Self::answering) at an address.
    ///
    /// # Panics
    ///
    /// When it is taken.
    #[must_use]
    pub fn at(address: SocketAddr, answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let script = Arc::new(Script::new(answers));
        let served = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let script = Arc::clone(&served);
                // A client that goes away ends its connection, not the backend.
                thread::spawn(move || serve(&stream, &script));
            }
        });
        Self { address, script }
    }

    /// One that is served by others.
    #[must_use]
    pub fn served(address: SocketAddr, script: Arc<Script>) -> Self {
        Self { address, script }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.script.requests()
    }

    /// What came since it was taken last; what was taken is not kept.
    #[must_use]
    pub fn taken(&self) -> Vec<Request> {
        self.script.taken()
    }

    /// Waits until so many requests have come.
    ///
    /// # Panics
    ///
    /// When they do not come in time.
    #[must_use]
    pub fn wait_for(&self, requests: usize) -> Vec<Request> {
        let start = Instant::now();
        loop {
            let came = self.requests();
            if came.len() >= requests {
                return came;
            }
            assert!(start.elapsed() < PATIENCE, "{came:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(stream: &TcpStream, script: &Script) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader)? {
        let answer = script.answer(request).unwrap_or(Answer::Body(Vec::new()));
        if !answer.give(stream, &mut reader)? {
            break;
        }
    }
    Ok(())
}
