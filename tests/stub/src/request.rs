use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read as _},
    time::Instant,
};

use flate2::read::GzDecoder;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// The first line.
    pub line: String,
    /// The path in it, with the query.
    pub path: String,
    /// The header fields, by their names as they came.
    pub headers: BTreeMap<String, String>,
    /// The body, without gzip.
    pub body: Vec<u8>,
    /// When it was there.
    pub came: Instant,
}

impl Request {
    /// The next one that comes, unless the client is done.
    ///
    /// # Errors
    ///
    /// When it is none, or breaks off.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut headers = BTreeMap::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_owned(), value.to_owned());
        }
        let length = headers.get("content-length").map_or("0", String::as_str);
        let mut body = vec![0; length.parse().map_err(io::Error::other)?];
        reader.read_exact(&mut body)?;
        if headers.get("content-encoding").map(String::as_str) == Some("gzip") {
            let mut plain = Vec::new();
            GzDecoder::new(&*body).read_to_end(&mut plain)?;
            body = plain;
        }
        Ok(Some(Self {
            path: line.split(' ').nth(1).unwrap_or_default().to_owned(),
            line: line.trim_end().to_owned(),
            headers,
            body,
            came: Instant::now(),
        }))
    }
}
