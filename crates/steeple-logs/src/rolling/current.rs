use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    time::SystemTime,
};

/// The file that is written.
#[derive(Debug)]
pub(super) struct Current {
    file: File,
    pub(super) bytes: u64,
    /// When it was begun, or last written by the process before.
    pub(super) since: SystemTime,
}

impl Current {
    /// Opens the file at `path`, or makes it and its directory, for writing at its end, which is that of a line.
    pub(super) fn open(path: &Path, mode: u32) -> io::Result<Self> {
        let exists = match fs::symlink_metadata(path) {
            Ok(there) if !there.is_file() => return Err(no_file()),
            Ok(_) => true,
            Err(_) => false,
        };
        if !exists && let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut file = options(mode)
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let there = file.metadata()?;
        if !there.is_file() {
            return Err(no_file());
        }
        let mut current = Self {
            bytes: there.len(),
            since: match there.len() {
                0 => SystemTime::now(),
                _ => there.modified()?,
            },
            file: file.try_clone()?,
        };
        // A process that was killed may have left a part of a line.
        if current.bytes > 0 && last_byte(&mut file)? != b'\n' {
            current.write(b"\n")?;
        }
        Ok(current)
    }

    /// Writes some of `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    /// Whether what was written is still there; where it is not, the file may have been truncated.
    pub(super) fn is_whole(&mut self) -> io::Result<bool> {
        let bytes = self.file.metadata()?.len();
        let whole = bytes >= self.bytes;
        self.bytes = bytes;
        Ok(whole)
    }

    /// Whether it is the file at `path`.
    #[cfg(unix)]
    pub(super) fn is_at(&self, path: &Path) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt as _;

        let own = self.file.metadata()?;
        match fs::symlink_metadata(path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (own.dev(), own.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether it is the file at `path`, which others cannot rename while it is open.
    #[cfg(not(unix))]
    pub(super) fn is_at(&self, _: &Path) -> io::Result<bool> {
        Ok(true)
    }
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn no_file() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "it is a link, a directory or a device",
    )
}

/// To open what is no link, and with these permissions where it is made.
#[cfg(unix)]
pub(super) fn options(mode: u32) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = OpenOptions::new();
    options
        .mode(mode)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options
}

#[cfg(not(unix))]
pub(super) fn options(_: u32) -> OpenOptions {
    OpenOptions::new()
}
