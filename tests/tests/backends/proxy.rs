//! Between a scraper and its target: sees what they agree on, or decides it.

use std::{
    collections::BTreeSet,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Passes on what it is asked to another address, until the process ends.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<BTreeSet<String>>>,
}

impl Proxy {
    /// Sees `Content-Type` and `Content-Encoding` of every answer.
    pub(crate) fn to(target: SocketAddr) -> Self {
        Self::start(target, None)
    }

    /// Asks for `accept`, whatever the scraper asks for.
    pub(crate) fn asking_for(accept: &'static str, target: SocketAddr) -> Self {
        Self::start(target, Some(accept))
    }

    /// The media types and codings of the answers, such as `text/plain, gzip`.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().cloned().collect()
    }

    fn start(target: SocketAddr, accept: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<BTreeSet<String>>>::default();
        let told = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming() {
                // A scraper that goes away asks again.
                if let Ok(form) = client.and_then(|client| pass_on(client, target, accept)) {
                    told.lock().unwrap().insert(form);
                }
            }
        });
        Self { address, seen }
    }
}

/// One request and its answer, whose form is returned.
fn pass_on(mut client: TcpStream, target: SocketAddr, accept: Option<&str>) -> io::Result<String> {
    let mut request = Vec::new();
    for line in BufReader::new(&client).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let name = line.split(':').next().unwrap_or_default();
        let replaced = name.eq_ignore_ascii_case("connection")
            || accept.is_some() && name.eq_ignore_ascii_case("accept");
        if !replaced {
            request.push(line);
        }
    }
    request.push("connection: close".to_owned());
    request.extend(accept.map(|accept| format!("accept: {accept}")));
    let mut server = TcpStream::connect(target)?;
    write!(server, "{}\r\n\r\n", request.join("\r\n"))?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    client.write_all(&answer)?;
    Ok(form(&answer))
}

fn form(answer: &[u8]) -> String {
    let head: Vec<_> = answer
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let header = |name: &str| {
        let value = head.iter().find_map(|line| line.strip_prefix(name));
        value
            .and_then(|value| value.split(';').next())
            .unwrap_or("-")
    };
    format!(
        "{}, {}",
        header("content-type: "),
        header("content-encoding: ")
    )
}
