use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Instant,
};

use steeple_core::ops::{OpsBody, OpsRequest, OpsResponse};
use steeple_metrics::{Format, Registry};
use tokio::sync::Semaphore;

use crate::{
    answer,
    counts::ScrapeCounts,
    encoder::Encoder,
    encoding::Encoding,
    render::{Reader, Render, Size},
};

const RENDERS: usize = 4;

/// Renders the registry for whoever asks, at most four times at once.
///
/// Who asks for what is being sent to somebody else gets the same: see [`Render::join`].
pub(crate) struct Scrapes {
    registry: Registry,
    encodings: &'static [Encoding],
    counts: ScrapeCounts,
    renders: Arc<Semaphore>,
    /// One for each form ever asked for, of which there are some three dozens.
    latest: Mutex<Vec<Latest>>,
}

/// In what form the metrics are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    format: Format,
    encoding: Encoding,
}

/// The render of one form that began last.
struct Latest {
    form: Form,
    size: Size,
    render: Weak<Render>,
}

impl Scrapes {
    pub(crate) fn new(registry: Registry, encodings: &'static [Encoding]) -> Self {
        Self {
            counts: ScrapeCounts::new(&registry),
            registry,
            encodings,
            renders: Arc::new(Semaphore::new(RENDERS)),
            latest: Mutex::default(),
        }
    }

    pub(crate) fn answer(&self, request: &OpsRequest) -> OpsResponse {
        let accepted = request.header_values("accept-encoding");
        let Some(encoding) = Encoding::negotiate(self.encodings, accepted) else {
            return answer::text(406, "accept gzip or identity");
        };
        let format = Format::negotiate(request.header_values("accept"));
        let Some(reader) = self.reader(Form { format, encoding }, Instant::now()) else {
            return answer::text(503, "too many scrapes at a time").with_header("retry-after", "1");
        };
        let response = answer::with_content_type(200, format.content_type())
            .with_header("vary", "accept, accept-encoding")
            .with_body(OpsBody::Stream(Box::new(reader)));
        match encoding.content_encoding() {
            Some(encoding) => response.with_header("content-encoding", encoding),
            None => response,
        }
    }

    /// A reader of a render under way or of a new one; none where there are too many.
    fn reader(&self, form: Form, now: Instant) -> Option<Reader> {
        let mut latest = self.latest();
        let known = latest.iter().position(|latest| latest.form == form);
        let joined = known.and_then(|known| latest[known].render.upgrade()?.join(now));
        if joined.is_some() {
            self.counts.coalesced();
            return joined;
        }
        let permit = Arc::clone(&self.renders).try_acquire_owned().ok()?;
        let known = known.unwrap_or_else(|| {
            latest.push(Latest::unknown(form));
            latest.len() - 1
        });
        let latest = &mut latest[known];
        let reader = Render::begin(
            self.registry.clone(),
            form.format,
            Encoder::new(form.encoding).ok()?,
            latest.size.clone(),
            now,
            self.counts.active_render(permit),
        );
        latest.render = reader.render();
        Some(reader)
    }

    fn latest(&self) -> MutexGuard<'_, Vec<Latest>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Latest {
    fn unknown(form: Form) -> Self {
        Self {
            form,
            size: Size::unknown(),
            render: Weak::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::mpsc,
        task::{Context, Poll, Waker},
        thread,
        time::Duration,
    };

    use bytes::Bytes;
    use metrics::{counter, with_local_recorder};
    use steeple_core::ops::OpsStream;

    use super::*;

    const TEXT: Form = Form {
        format: Format::Text,
        encoding: Encoding::Identity,
    };
    const GZIP: Form = Form {
        encoding: Encoding::Gzip,
        ..TEXT
    };

    /// Scrapes of some `kibibytes`, whose last line is a counter that tells one moment from another.
    struct Stage {
        scrapes: Scrapes,
        now: Instant,
    }

    impl Stage {
        fn of(kibibytes: usize) -> Self {
            let scrapes = Scrapes::new(Registry::new(), Encoding::OFFERS);
            fill(&scrapes.registry, "padding", kibibytes);
            Self {
                scrapes,
                now: Instant::now(),
            }
        }

        /// After a first scrape of each form, which tells how large it is.
        fn known(kibibytes: usize) -> Self {
            let stage = Self::of(kibibytes);
            for form in [TEXT, GZIP] {
                rest(&mut stage.scrape(form));
            }
            stage
        }

        fn scrape(&self, form: Form) -> Reader {
            self.after(Duration::ZERO, form)
        }

        fn after(&self, passed: Duration, form: Form) -> Reader {
            let reader = self.scrapes.reader(form, self.now + passed);
            reader.expect("a render is free")
        }

        fn record(&self) {
            with_local_recorder(&self.scrapes.registry, || {
                counter!("a_recorded_total").increment(1);
            });
        }

        fn told(&self) -> (f64, u64) {
            let snapshot = self.scrapes.registry.snapshot();
            let value = |name| snapshot.value(name, &[]).unwrap();
            let coalesced = value("steeple_ops_coalesced_scrapes_total");
            (
                value("steeple_ops_active_renders").as_gauge().unwrap(),
                coalesced.as_counter().unwrap(),
            )
        }
    }

    fn fill(registry: &Registry, name: &str, kibibytes: usize) {
        let padding = "x".repeat(1_000);
        with_local_recorder(registry, || {
            for number in 0..kibibytes {
                // A metric has at most 2,000 series.
                let name = format!("{name}_{}_total", number / 1_000);
                counter!(name, "of" => format!("{number}-{padding}")).increment(1);
            }
        });
    }

    fn chunk(reader: &mut Reader) -> Option<Bytes> {
        let mut context = Context::from_waker(Waker::noop());
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            if let Poll::Ready(chunk) = reader.poll_chunk(&mut context) {
                return chunk;
            }
            thread::yield_now();
        }
        panic!("nothing comes");
    }

    fn rest(reader: &mut Reader) -> Vec<u8> {
        std::iter::from_fn(|| chunk(reader))
            .collect::<Vec<_>>()
            .concat()
    }

    fn recorded(text: &[u8]) -> usize {
        let text = str::from_utf8(text).unwrap();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix("a_recorded_total "));
        value.map_or(0, |value| value.parse().unwrap())
    }

    #[test]
    fn readers_of_one_render_get_the_same() {
        for form in [TEXT, GZIP] {
            let stage = Stage::known(100);
            let mut first = stage.scrape(form);
            let head = chunk(&mut first).unwrap();
            stage.record();
            let mut second = stage.after(Duration::from_secs(1), form);
            assert_eq!(stage.told(), (1.0, 1));

            let beginning = chunk(&mut second).unwrap();
            let (second, first) = (rest(&mut second), rest(&mut first));

            assert_eq!(beginning, head);
            assert!(!first.is_empty() && first == second);
        }
    }

    #[test]
    fn another_form_is_another_render() {
        let stage = Stage::known(100);
        let _readers = [TEXT, GZIP].map(|form| stage.scrape(form));

        assert_eq!(stage.told(), (2.0, 0));
    }

    #[test]
    fn what_was_recorded_after_an_answer_is_in_the_next_though_others_still_read() {
        let stage = Stage::known(100);
        let mut slow = stage.scrape(TEXT);
        let _ = chunk(&mut slow);
        let mut fast = stage.scrape(TEXT);
        assert_eq!(recorded(&rest(&mut fast)), 0);

        stage.record();
        let next = rest(&mut stage.scrape(TEXT));

        assert_eq!(recorded(&next), 1);
        assert_eq!(recorded(&rest(&mut slow)), 0);
    }

    #[test]
    fn a_render_that_began_more_than_a_second_ago_is_not_joined() {
        let stage = Stage::known(100);
        let mut old = stage.scrape(TEXT);
        let _ = chunk(&mut old);

        let _new = stage.after(Duration::from_millis(1_001), TEXT);

        assert_eq!(stage.told(), (2.0, 0));
    }

    #[test]
    fn what_is_large_or_may_be_is_not_kept_for_others() {
        for stage in [Stage::of(100), Stage::known(1_500)] {
            let mut first = stage.scrape(TEXT);
            let _ = chunk(&mut first);
            let _other = stage.scrape(TEXT);

            assert_eq!(stage.told(), (2.0, 0));
        }
    }

    #[test]
    fn what_grows_large_while_it_is_sent_is_kept_no_longer() {
        let stage = Stage::known(100);
        fill(&stage.scrapes.registry, "more", 1_500);
        let mut first = stage.scrape(TEXT);
        let mut sent = 0;
        while sent <= 1 << 20 {
            sent += chunk(&mut first).unwrap().len();
        }

        let _other = stage.scrape(TEXT);

        assert_eq!(stage.told(), (2.0, 0));
    }

    #[test]
    fn a_reader_that_leaves_takes_nothing_from_the_others() {
        let stage = Stage::known(100);
        let mut leaving = stage.scrape(GZIP);
        let mut staying = stage.scrape(GZIP);
        let mut beginning = chunk(&mut leaving).unwrap().to_vec();
        assert_eq!(chunk(&mut staying).unwrap(), beginning);
        drop(leaving);
        assert_eq!(stage.told(), (1.0, 1));

        beginning.extend(rest(&mut staying));
        drop(staying);

        let mut text = String::new();
        let mut decoder = flate2::read::GzDecoder::new(&*beginning);
        std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
        assert!(text.len() > 100_000);
        assert_eq!(stage.told(), (0.0, 1));
    }

    #[test]
    fn what_is_called_before_a_look_may_scrape_too() {
        let stage = Arc::new(Stage::known(1));
        let looked = Arc::downgrade(&stage);
        stage.scrapes.registry.before_look(move || {
            if let Some(stage) = looked.upgrade() {
                let _readers = [TEXT, GZIP].map(|form| stage.scrape(form));
            }
        });

        let (sender, sent) = mpsc::channel();
        thread::spawn(move || sender.send(rest(&mut stage.scrape(TEXT))));

        // Who waits for itself waits for ever.
        let text = sent.recv_timeout(Duration::from_secs(30));
        assert!(text.is_ok_and(|text| text.len() > 1_000));
    }

    /// How many threads the process has, where the system tells it.
    fn threads() -> i64 {
        fs::read_dir("/proc/self/task").map_or(0, |threads| threads.count() as i64)
    }

    #[test]
    fn what_waits_before_a_look_does_not_hold_up_who_polls() {
        let stage = Stage::known(1);
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        stage.scrapes.registry.before_look(move || {
            let released = released.lock().unwrap();
            let _ = released.recv_timeout(Duration::from_secs(30));
        });
        let mut readers: Vec<_> = (0..100).map(|_| stage.scrape(TEXT)).collect();
        readers.push(stage.scrape(GZIP));

        let before = threads();
        let mut context = Context::from_waker(Waker::noop());
        for reader in &mut readers {
            assert!(reader.poll_chunk(&mut context).is_pending());
        }
        // Who leaves leaves the waiting to the others, who ask again.
        for _ in 0..50 {
            readers.remove(0);
            assert!(readers[0].poll_chunk(&mut context).is_pending());
        }
        // One for each answer; other tests may have begun some.
        let begun = threads() - before;
        assert!(begun < 20, "{begun} threads for two answers");

        drop(release);
        for mut reader in readers {
            assert!(!rest(&mut reader).is_empty());
        }
    }

    #[test]
    fn the_fifth_render_is_refused_but_not_who_shares_one() {
        let stage = Stage::known(100);
        let seconds = |render: u64| Duration::from_secs(2 * render);
        let mut readers: Vec<_> = (0..4)
            .map(|number| stage.after(seconds(number), TEXT))
            .collect();

        assert!(stage.scrapes.reader(TEXT, stage.now + seconds(4)).is_none());
        assert!(stage.scrapes.reader(GZIP, stage.now + seconds(3)).is_none());
        readers.push(stage.after(seconds(3), TEXT));
        assert_eq!(stage.told(), (4.0, 1));

        drop(readers.remove(0));
        readers.push(stage.after(seconds(4), TEXT));
        assert_eq!(stage.told(), (4.0, 1));
    }
}
