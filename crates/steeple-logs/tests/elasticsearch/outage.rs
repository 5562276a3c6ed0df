//! Lines that wait on disk for a backend that is away.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use steeple_core::pipeline::{DropReason, ExportError, Pipeline, PipelineBuilder};
use steeple_logs::{
    Lines,
    elasticsearch::ElasticsearchBuilder,
    spool::{Spool, SpoolError},
};
use steeple_metrics::Registry;
use tempfile::TempDir;

use crate::{
    stage::{PATIENCE, elasticsearch, eventually, impatient, lines, numbered, pipeline, settled},
    stub::{Fault, Stub},
};

/// A pipeline to `stub` with a spool, whose figures are in a registry.
struct Stage {
    pipeline: Pipeline<Lines>,
    registry: Registry,
}

impl Stage {
    fn new(builder: ElasticsearchBuilder, spool: Spool) -> Self {
        let elasticsearch = builder.build().unwrap();
        let registry = Registry::new();
        let pipeline = metrics::with_local_recorder(&registry, || {
            let exporters = spool.before("spool", move || elasticsearch.exporter());
            pipeline(exporters.unwrap())
        });
        Self { pipeline, registry }
    }

    /// Sends each in a batch of its own.
    fn send(&self, texts: &[String]) {
        for batch in texts.chunks(10) {
            self.pipeline.producer().push(lines(batch));
            assert_eq!(settled(&self.pipeline).queued, 0);
        }
    }

    /// The line of the exposition that begins so ends with this.
    fn has(&self, begins: &str, ends: &str) -> bool {
        let rendered = self.registry.render();
        let mut lines = rendered.lines();
        lines.any(|line| line.starts_with(begins) && line.ends_with(ends))
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some()).collect();
    files.sort();
    files
}

fn spool(directory: &TempDir) -> Spool {
    Spool::in_directory(directory.path().join("spool"))
}

fn spooled(directory: &TempDir) -> Vec<PathBuf> {
    files(&directory.path().join("spool"))
}

/// Whether nobody uses the directory any more: the worker of a pipeline that is gone may have it for a moment.
fn is_free(directory: &TempDir) -> bool {
    let lock = fs::File::open(directory.path().join("spool/lock")).unwrap();
    lock.try_lock().is_ok()
}

#[test]
fn nothing_is_lost_while_an_outage_fits_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let stub = Stub::with([]);
    let stage = Stage::new(elasticsearch(&stub), spool(&directory));
    let all = numbered(900);
    stage.send(&all[..300]);
    assert_eq!(spooled(&directory).len(), 0, "it is sent at once");

    stub.is_away(true);
    stage.send(&all[300..600]);
    assert_eq!(stub.documents().len(), 300);
    assert_eq!(spooled(&directory).len(), 30);
    assert!(stage.has("steeple_spool_bytes{spool=\"spool\"}", " 122880"));

    stub.is_away(false);
    stage.send(&all[600..]);
    eventually("all lines are there", || stub.documents().len() == 900);
    eventually("the disk is empty", || spooled(&directory).is_empty());
    assert_eq!(stub.documents(), all);
    assert_eq!(settled(&stage.pipeline).exported, 900);
    assert_eq!(settled(&stage.pipeline).dropped_total(), 0);
    eventually("it is told to be", || {
        stage.has("steeple_spool_bytes{spool=\"spool\"}", " 0")
    });
    eventually("what was on disk is counted", || {
        (300..=600).contains(&exported_from_disk(&stage))
    });
}

/// What the pipeline of the spool has exported.
fn exported_from_disk(stage: &Stage) -> u64 {
    let begins = "steeple_pipeline_exported_total{pipeline=\"spool\"} ";
    let rendered = stage.registry.render();
    let value = rendered.lines().find_map(|line| line.strip_prefix(begins));
    value.unwrap().parse().unwrap()
}

#[test]
fn what_a_backend_that_fails_in_every_way_did_not_take_comes_from_disk_once() {
    let directory = tempfile::tempdir().unwrap();
    let faults = [
        Fault::Reset,
        Fault::Status(429, "retry-after: 0\r\n", "{}"),
        Fault::Status(413, "", "{}"),
        Fault::Reset,
        Fault::Lines(&[(0, 503), (4, 400), (7, 429)]),
        Fault::ResetAfter,
    ];
    let stub = Stub::with(faults);
    let stage = Stage::new(elasticsearch(&stub), spool(&directory));
    let mut all = numbered(50);
    all[33] = "{\"n\":\"poison\"}".to_owned();
    stage.send(&all);
    eventually("the disk is empty", || spooled(&directory).is_empty());
    // One was rejected, and one did not fit.
    assert_eq!(stub.documents().len(), 48);
    let rejected = "steeple_pipeline_dropped_total{pipeline=\"spool\",reason=\"rejected\"}";
    eventually("both are counted", || stage.has(rejected, " 2"));
    assert_eq!(settled(&stage.pipeline).exported, 50);
}

#[test]
fn lines_arrive_in_their_order_whatever_fails() {
    let directory = tempfile::tempdir().unwrap();
    let (fails, written) = (
        Arc::new(AtomicBool::new(false)),
        Arc::<Mutex<String>>::default(),
    );
    let (failing, sink) = (fails.clone(), written.clone());
    let exporters = spool(&directory).before("order", move || {
        let (failing, sink) = (failing.clone(), sink.clone());
        async move |batch: &[Lines]| {
            if failing.load(SeqCst) {
                return Err(ExportError::retryable("away"));
            }
            for lines in batch {
                sink.lock()
                    .unwrap()
                    .push_str(str::from_utf8(lines.as_bytes()).unwrap());
            }
            Ok(())
        }
    });
    let pipeline = pipeline(exporters.unwrap());
    let all = numbered(200);
    for (index, line) in all.iter().enumerate() {
        fails.store(index % 50 >= 25, SeqCst);
        pipeline.producer().push(lines(&[line]));
        assert_eq!(settled(&pipeline).dropped_total(), 0);
    }
    fails.store(false, SeqCst);
    eventually("all are written", || {
        written.lock().unwrap().lines().count() == 200
    });
    assert_eq!(*written.lock().unwrap(), all.join("\n") + "\n");
}

#[test]
fn where_the_disk_is_full_the_newest_lines_wait_and_are_lost_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let stub = Stub::with([]);
    stub.is_away(true);
    let elasticsearch = elasticsearch(&stub).build().unwrap();
    let spool = spool(&directory).max_bytes(3 * (4 << 10));
    let exporters = spool
        .before("full", move || elasticsearch.exporter())
        .unwrap();
    let pipeline = PipelineBuilder::new("full")
        .max_batch_items(10)
        .max_queue_items(30)
        .retry(impatient().max_elapsed(Duration::MAX))
        .spawn(exporters);
    let all = numbered(100);
    for batch in all.chunks(10) {
        pipeline.producer().push(lines(batch));
        eventually("it is on disk or waits", || {
            let figures = pipeline.accounting();
            figures.exported == 30 || figures.queued <= 10 && figures.exported < 30
        });
    }
    let figures = pipeline.accounting();
    assert_eq!((figures.exported, figures.queued), (30, 30));
    assert_eq!(figures.dropped(DropReason::QueueFull), 40);
    assert_eq!(spooled(&directory).len(), 3);

    stub.is_away(false);
    eventually("what waited arrives", || stub.documents().len() == 60);
    assert_eq!(stub.documents(), &all[..60]);
    assert_eq!(settled(&pipeline).exported, 60);
}

#[test]
fn a_batch_that_is_never_answered_goes_to_disk_before_or_when_its_attempt_is_cut_off() {
    for limit in [Duration::from_millis(200), Duration::from_secs(10)] {
        let directory = tempfile::tempdir().unwrap();
        let stub = Stub::with([Fault::Stall, Fault::Stall]);
        let elasticsearch = elasticsearch(&stub).build().unwrap();
        let exporters = spool(&directory).before("stalls", move || elasticsearch.exporter());
        let pipeline = PipelineBuilder::new("stalls")
            .retry(impatient().attempt_timeout(limit))
            .spawn(exporters.unwrap());
        pipeline.producer().push(lines(&numbered(5)));
        assert_eq!(settled(&pipeline).exported, 5);
        assert_eq!(spooled(&directory).len(), 1, "{limit:?}");
        let report = pipeline.shutdown_blocking(PATIENCE);
        assert!(report.is_complete(), "{report:?}");
    }
}

#[test]
fn another_process_sends_what_is_left_and_loses_what_is_damaged_alone() {
    let directory = tempfile::tempdir().unwrap();
    let stub = Stub::with([]);
    stub.is_away(true);
    let all = numbered(100);
    Stage::new(elasticsearch(&stub), spool(&directory)).send(&all);
    let left = spooled(&directory);
    assert_eq!((left.len(), stub.documents().len()), (10, 0));
    let mut damaged = fs::read(&left[3]).unwrap();
    let place = damaged.len() / 2;
    damaged[place] ^= 0x10;
    fs::write(&left[3], damaged).unwrap();
    fs::write(&left[7], "not even one").unwrap();

    stub.is_away(false);
    eventually("the directory is free", || is_free(&directory));
    let stage = Stage::new(elasticsearch(&stub), spool(&directory));
    eventually("the disk is empty", || spooled(&directory).is_empty());
    // One line of a segment, and what stands for all of another.
    assert!(stage.has("steeple_spool_damaged_lines_total{spool=\"spool\"}", " 2"));
    assert_eq!(stub.documents().len(), 100 - 1 - 10);
    let known: Vec<_> = stub.documents();
    assert!(known.iter().all(|line| all.contains(line)));
    assert!(stage.has("steeple_pipeline_created_total{pipeline=\"spool\"}", " 89"));
}

#[test]
fn lines_that_are_damaged_or_gone_while_they_wait_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let stub = Stub::with([]);
    stub.is_away(true);
    let stage = Stage::new(elasticsearch(&stub), spool(&directory));
    stage.send(&numbered(40));
    let waiting = spooled(&directory);
    // The first has been read already, for the attempts at it.
    let cut = fs::read(&waiting[2]).unwrap();
    fs::write(&waiting[2], &cut[..cut.len() - 30]).unwrap();
    fs::remove_file(&waiting[3]).unwrap();
    stub.is_away(false);
    eventually("the disk is empty", || spooled(&directory).is_empty());
    let dropped = |reason| {
        format!("steeple_pipeline_dropped_total{{pipeline=\"spool\",reason=\"{reason}\"}}")
    };
    eventually("all is counted", || {
        stage.has(&dropped("rejected"), " 1") && stage.has(&dropped("exporter_failed"), " 10")
    });
    assert_eq!(stub.documents().len(), 29);
    assert!(stage.has("steeple_spool_damaged_lines_total{spool=\"spool\"}", " 1"));
}

#[test]
fn a_directory_has_one_user_at_a_time_and_is_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let stub = Stub::with([]);
    stub.is_away(true);
    let refused = || {
        let elasticsearch = elasticsearch(&stub).build().unwrap();
        let exporters = spool(&directory).before("two", move || elasticsearch.exporter());
        exporters.err()
    };
    let stage = Stage::new(elasticsearch(&stub), spool(&directory));
    assert!(matches!(refused(), Some(SpoolError::InUse { .. })));
    stage.send(&numbered(1));
    #[cfg(unix)]
    for path in spooled(&directory) {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    drop(stage);
    eventually("it is free", || refused().is_none());

    let nowhere = Spool::in_directory("/proc/nowhere");
    let refused = nowhere.before("nowhere", || async |_: &[Lines]| Ok::<(), ExportError>(()));
    let error = refused.err().unwrap();
    assert!(
        error.to_string().starts_with("/proc/nowhere cannot be"),
        "{error}"
    );
}
