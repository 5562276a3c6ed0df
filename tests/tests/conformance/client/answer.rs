//! What comes back.

/// A response as it came over the wire.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// The body as it came, chunks and all, with what is no text replaced.
    pub(crate) body: String,
    bytes: Vec<u8>,
    /// Whether the body came to the end that it was to have, as far as that can be told.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(super) fn new(status: u16, head: String, bytes: Vec<u8>, is_whole: bool) -> Self {
        Self {
            status,
            head,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
            is_whole,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// What the body holds.
    pub(crate) fn content(&self) -> Vec<u8> {
        if self.header("transfer-encoding") != Some("chunked") {
            return self.bytes.clone();
        }
        let (mut content, mut rest) = (Vec::new(), &self.bytes[..]);
        while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
            let size = str::from_utf8(&rest[..at]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            let start = at + 2;
            content.extend_from_slice(&rest[start..start + size]);
            rest = &rest[start + size + 2..];
        }
        content
    }
}
