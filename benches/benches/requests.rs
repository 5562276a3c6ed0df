//! `cargo bench`: the time of a request, while one works on it.
//!
//! Only the subjects that keep nothing process-wide take part, so that they can share this process. The report of
//! `cargo run --release -- all` has all of them, each in a process of its own, taking turns.

use divan::Bencher;
use steeple_benches::Subject;

const SUBJECTS: [Subject; 10] = [
    Subject::Bare,
    Subject::DoNothing,
    Subject::Floor,
    Subject::Steeple,
    Subject::ActixBare,
    Subject::ActixDoNothing,
    Subject::ActixSteeple,
    Subject::TonicBare,
    Subject::TonicDoNothing,
    Subject::TonicSteeple,
];

fn main() {
    divan::main();
}

#[divan::bench(args = SUBJECTS)]
fn request(bencher: Bencher<'_, '_>, subject: Subject) {
    bencher.bench_local(subject.server());
}
