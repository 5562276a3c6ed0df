//! Instructions a request, counted by `valgrind --tool=callgrind`.
//!
//! Only the serving itself is counted, since some subjects spend a random time at start-up on their
//! clocks; and a process that serves N requests is compared with one that serves 2N, so that what
//! happens once cancels out. The count does not depend on what else the machine does.

use std::{process::Command, thread};

use crate::{
    Subject,
    child::{self, ChildError},
    request::Server,
};

const REQUESTS: u64 = 2_000;

/// What the counted process does: serve `requests` of them, one after the other.
pub fn serve(subject: Subject, requests: u64) {
    let observed = subject.observe();
    counted(&mut (observed.server)(), requests);
}

/// What callgrind counts; it knows the function by its name.
#[inline(never)]
fn counted(server: &mut Server, requests: u64) {
    for _ in 0..requests {
        std::hint::black_box(server());
    }
}

/// Instructions a request of `subject`.
pub(crate) fn per_request(subject: Subject) -> Result<f64, ChildError> {
    let (once, twice) = thread::scope(|scope| {
        let once = scope.spawn(|| collected(subject, REQUESTS));
        let twice = collected(subject, 2 * REQUESTS);
        let once = once
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (once, twice)
    });
    Ok((twice? - once?) / REQUESTS as f64)
}

fn collected(subject: Subject, requests: u64) -> Result<f64, ChildError> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*instructions::counted*")
        .arg(child::this_program()?)
        .args(["run", subject.name(), &requests.to_string()]);
    let output = child::finish(&mut command)?;
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines()
        .find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
        .filter(|collected| *collected > 0.0)
        .ok_or_else(|| ChildError::Output {
            command: format!("{command:?}"),
            output: text.into_owned(),
            expected: 1,
        })
}
