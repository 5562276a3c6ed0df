//! An Elasticsearch that keeps what it is told to create, unless it is told to fail.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use socket2::SockRef;

/// What becomes of one request, instead of what is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It is answered with this status, with further lines of the head and this body.
    Status(u16, &'static str, &'static str),
    /// The lines at these places are answered with these statuses, and not taken.
    Lines(&'static [(usize, u16)]),
    /// The connection is reset before anything is taken.
    Reset,
    /// What is asked for is done, and then the connection is reset.
    ResetAfter,
    /// It is never answered.
    Stall,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// Decompressed.
    pub(crate) body: String,
    pub(crate) came: Instant,
}

impl Request {
    fn of(request: steeple_stub::Request) -> io::Result<Self> {
        Ok(Self {
            line: request.line,
            headers: request.headers,
            body: String::from_utf8(request.body).map_err(io::Error::other)?,
            came: request.came,
        })
    }

    /// The lines in it, each with its id.
    pub(crate) fn lines(&self) -> Vec<(String, String)> {
        let mut lines = self.body.lines();
        let mut pairs = Vec::new();
        while let (Some(action), Some(line)) = (lines.next(), lines.next()) {
            let action: Value = serde_json::from_str(action).unwrap();
            let id = action["create"]["_id"].as_str().unwrap().to_owned();
            pairs.push((id, line.to_owned()));
        }
        pairs
    }
}

#[derive(Default)]
struct State {
    faults: VecDeque<Fault>,
    requests: Vec<Request>,
    documents: BTreeMap<String, String>,
    templates: BTreeMap<String, Value>,
    /// Requests with more lines are answered with 413.
    most_lines: Option<usize>,
    /// Nobody listens.
    is_away: bool,
}

/// An Elasticsearch on a port of its own, until the process ends.
#[derive(Clone)]
pub(crate) struct Stub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Stub {
    /// One whose first requests fail so.
    pub(crate) fn with(faults: impl IntoIterator<Item = Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            faults: faults.into_iter().collect(),
            ..State::default()
        };
        let stub = Self {
            address,
            state: Arc::new(Mutex::new(state)),
        };
        let served = stub.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let served = served.clone();
                // A client that goes away ends its connection, not the server.
                thread::spawn(move || served.serve(&stream));
            }
        });
        stub
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn answers_413_beyond(&self, lines: usize) {
        self.state().most_lines = Some(lines);
    }

    /// Resets all connections until it is back.
    pub(crate) fn is_away(&self, is_away: bool) {
        self.state().is_away = is_away;
    }

    pub(crate) fn has_template(&self, name: &str, template: Value) {
        self.state().templates.insert(name.to_owned(), template);
    }

    pub(crate) fn template(&self, name: &str) -> Option<Value> {
        self.state().templates.get(name).cloned()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// What was created, in the order of ids.
    pub(crate) fn documents(&self) -> Vec<String> {
        self.state().documents.values().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        while let Some(request) = steeple_stub::Request::read(&mut reader)? {
            let request = Request::of(request)?;
            let (fault, answer) = {
                let mut state = self.state();
                if state.is_away {
                    return reset(stream);
                }
                state.requests.push(request.clone());
                let fault = state.faults.pop_front();
                let answer = match fault {
                    Some(Fault::Status(..) | Fault::Reset | Fault::Stall) => None,
                    Some(Fault::Lines(statuses)) => Some(state.answer(&request, statuses)),
                    Some(Fault::ResetAfter) | None => Some(state.answer(&request, &[])),
                };
                (fault, answer)
            };
            let (status, head, body) = match (fault, answer) {
                (Some(Fault::Status(status, head, body)), _) => (status, head, body.to_owned()),
                (Some(Fault::Reset | Fault::ResetAfter), _) => return reset(stream),
                (_, Some((status, body))) => (status, "", body.to_string()),
                // Until the client gives up.
                _ => return reader.read_to_end(&mut Vec::new()).map(drop),
            };
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{head}\r\n{body}"
            )?;
        }
        Ok(())
    }
}

impl State {
    fn answer(&mut self, request: &Request, statuses: &[(usize, u16)]) -> (u16, Value) {
        let path = request.line.split(['?', ' ']).nth(1).unwrap();
        match path.strip_prefix("/_index_template/") {
            Some(name) => self.template(name, request),
            None => self.bulk(request, statuses),
        }
    }

    fn template(&mut self, name: &str, request: &Request) -> (u16, Value) {
        if request.line.starts_with("PUT") {
            let template = serde_json::from_str(&request.body).unwrap();
            self.templates.insert(name.to_owned(), template);
            return (200, json!({"acknowledged": true}));
        }
        match self.templates.get(name) {
            Some(found) => {
                let found = json!([{"name": name, "index_template": found}]);
                (200, json!({"index_templates": found}))
            }
            None => (
                404,
                json!({"error": {"type": "resource_not_found_exception"}}),
            ),
        }
    }

    /// A line with `poison` in it does not fit; a request is wrong that has one with `broken`.
    fn bulk(&mut self, request: &Request, statuses: &[(usize, u16)]) -> (u16, Value) {
        assert!(request.body.ends_with('\n'));
        let lines = request.lines();
        if lines.iter().any(|(_, line)| line.contains("broken")) {
            return (
                400,
                json!({"error": {"type": "parse_exception", "reason": "broken"}}),
            );
        }
        if self.most_lines.is_some_and(|most| lines.len() > most) {
            return (413, json!({}));
        }
        let mut items = Vec::new();
        for (index, (id, line)) in lines.into_iter().enumerate() {
            let told = statuses.iter().find(|(told, _)| *told == index);
            let status = match told {
                Some((_, status)) => *status,
                None if line.contains("poison") => 400,
                None if self.documents.contains_key(&id) => 409,
                None => {
                    self.documents.insert(id, line);
                    201
                }
            };
            let error =
                json!({"type": "some_exception", "reason": format!("the reason of {status}")});
            items.push(match status {
                201 => json!({"create": {"status": 201}}),
                _ => json!({"create": {"status": status, "error": error}}),
            });
        }
        (200, json!({"errors": true, "items": items}))
    }
}

fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}
