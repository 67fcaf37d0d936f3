//! Every fate of a log file that is being followed.

use super::*;
use crate::domain::log::Stream;
use std::fs;
use std::io::Write;
use std::time::Duration;
use tokio::sync::oneshot;

const TIME: &str = "2026-11-23T19:53:33.513310562+00:00";

struct Log {
    dir: tempfile::TempDir,
    notifier: Notifier,
    bounds: Bounds,
    end: Option<oneshot::Sender<()>>,
}

impl Log {
    fn new() -> Self {
        let bounds = Bounds { ours: true, backlog_max: None };
        Self { dir: tempfile::tempdir().unwrap(), notifier: Notifier::of_process(), bounds, end: None }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("ctr.log")
    }

    fn append(&self, bytes: &str) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(self.path()).unwrap();
        file.write_all(bytes.as_bytes()).unwrap();
    }

    fn line(&self, text: &str) {
        self.append(&format!("{TIME} stdout F {text}\n"));
    }

    async fn follow(&mut self, start: LogStart) -> BoxStream<'static, io::Result<LogBatch>> {
        let (sender, receiver) = oneshot::channel();
        self.end = Some(sender);
        let ended = Box::pin(async { drop(receiver.await) });
        follow(&self.notifier, self.path(), self.bounds, start, ended).await.unwrap()
    }

    fn end(&mut self) {
        self.end = None;
    }
}

type Batches = BoxStream<'static, io::Result<LogBatch>>;

async fn next(batches: &mut Batches) -> (String, LogCursor) {
    let batch =
        tokio::time::timeout(Duration::from_secs(10), batches.next()).await.unwrap().unwrap().unwrap();
    let bytes = batch.chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect();
    (String::from_utf8(bytes).unwrap(), batch.cursor)
}

async fn rest(mut batches: Batches) -> String {
    let mut all = String::new();
    while let Some(batch) = batches.next().await {
        for chunk in batch.unwrap().chunks {
            all.push_str(std::str::from_utf8(&chunk.bytes).unwrap());
        }
    }
    all
}

#[tokio::test]
async fn lines_come_as_they_are_written_and_a_cursor_goes_on_after_them() {
    let mut log = Log::new();
    log.line("one");
    let mut batches = log.follow(LogStart::Beginning).await;
    assert_eq!(next(&mut batches).await.0, "one\n");
    log.line("two");
    let (text, cursor) = next(&mut batches).await;
    assert_eq!(text, "two\n");
    log.line("three");
    assert_eq!(next(&mut batches).await.0, "three\n");
    drop(batches);
    let batches = log.follow(LogStart::After(cursor)).await;
    log.end();
    assert_eq!(rest(batches).await, "three\n");
}

#[tokio::test]
async fn what_was_written_before_the_end_is_read_after_it() {
    let mut log = Log::new();
    log.line("one");
    let batches = log.follow(LogStart::Beginning).await;
    log.line("two");
    log.end();
    log.append(&format!("{TIME} stderr P tail\n"));
    assert_eq!(rest(batches).await, "one\ntwo\ntail");
}

#[tokio::test]
async fn half_a_record_is_held_back_and_the_cursor_stays_before_it() {
    let mut log = Log::new();
    log.line("one");
    let whole = fs::metadata(log.path()).unwrap().len();
    log.append(&format!("{TIME} stdout F ha"));
    let mut batches = log.follow(LogStart::Beginning).await;
    let (text, cursor) = next(&mut batches).await;
    assert_eq!((text.as_str(), cursor.offset), ("one\n", whole));
    log.append("lf\n");
    assert_eq!(next(&mut batches).await.0, "half\n");
}

#[tokio::test]
async fn now_skips_what_is_there_but_not_the_record_being_written() {
    let mut log = Log::new();
    log.line("old");
    log.append(&format!("{TIME} stdout F ne"));
    let batches = log.follow(LogStart::Now).await;
    log.append("w\n");
    log.end();
    assert_eq!(rest(batches).await, "new\n");
}

#[tokio::test]
async fn a_rotation_loses_nothing_of_either_file() {
    let mut log = Log::new();
    log.line("one");
    let mut batches = log.follow(LogStart::Beginning).await;
    let (_, before) = next(&mut batches).await;
    log.line("two");
    let fresh = log.dir.path().join("ctr.log.tmp");
    fs::write(&fresh, format!("{TIME} stdout F three\n")).unwrap();
    fs::rename(&fresh, log.path()).unwrap();
    assert_eq!(next(&mut batches).await.0, "two\n");
    let (text, after) = next(&mut batches).await;
    assert_eq!(text, "three\n");
    assert_ne!(before.generation, after.generation);
    log.line("four");
    assert_eq!(next(&mut batches).await.0, "four\n");
    drop(batches);
    let batches = log.follow(LogStart::After(before)).await;
    log.end();
    assert_eq!(rest(batches).await, "three\nfour\n", "a cursor of a rotated file begins the new one");
}

#[tokio::test]
async fn a_truncated_file_is_read_from_its_beginning() {
    let mut log = Log::new();
    log.line("one and a longer line");
    let mut batches = log.follow(LogStart::Beginning).await;
    next(&mut batches).await;
    fs::write(log.path(), "").unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    log.line("two");
    assert_eq!(next(&mut batches).await.0, "two\n");
}

#[tokio::test]
async fn a_file_that_comes_later_is_waited_for_and_a_removed_one_read_to_its_end() {
    let mut log = Log::new();
    let mut batches = log.follow(LogStart::Now).await;
    assert_eq!(next(&mut batches).await, (String::new(), LogCursor::default()));
    log.line("one");
    assert_eq!(next(&mut batches).await.0, "one\n");
    log.line("two");
    fs::remove_file(log.path()).unwrap();
    log.end();
    assert_eq!(rest(batches).await, "two\n");
}

#[tokio::test]
async fn a_file_that_never_comes_ends_with_the_container() {
    let mut log = Log::new();
    let batches = log.follow(LogStart::Beginning).await;
    log.end();
    assert_eq!(rest(batches).await, "");
}

#[tokio::test]
async fn only_a_regular_file_is_read() {
    let log = Log::new();
    std::os::unix::fs::symlink("/etc/passwd", log.path()).unwrap();
    let begin = || {
        let ended = Box::pin(std::future::ready(()));
        follow(&log.notifier, log.path(), log.bounds, LogStart::Beginning, ended)
    };
    assert!(begin().await.is_err());
    fs::remove_file(log.path()).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        log.path(),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(begin().await.is_err());
}

#[tokio::test]
async fn a_file_that_is_swapped_for_something_else_is_followed_no_further() {
    for kind in ["link", "fifo"] {
        let mut log = Log::new();
        log.line("one");
        let mut batches = log.follow(LogStart::Beginning).await;
        assert_eq!(next(&mut batches).await.0, "one\n");
        log.line("two");
        fs::rename(log.path(), log.path().with_extension("old")).unwrap();
        if kind == "link" {
            std::os::unix::fs::symlink("/etc/passwd", log.path()).unwrap();
        } else {
            let mode = rustix::fs::Mode::RWXU;
            rustix::fs::mknodat(rustix::fs::CWD, log.path(), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        }
        assert_eq!(next(&mut batches).await.0, "two\n", "what the task has written is told");
        assert!(batches.next().await.unwrap().is_err(), "{kind}");
        assert!(batches.next().await.is_none());
    }
}

#[tokio::test]
async fn both_streams_of_a_megabyte_arrive_whole() {
    let mut log = Log::new();
    let (mut file, mut expected) = (String::new(), [Vec::new(), Vec::new()]);
    for n in 0..16_384 {
        let (name, at) = if n % 3 == 0 { ("stderr", 1) } else { ("stdout", 0) };
        file.push_str(&format!("{TIME} {name} F {n:063}\n"));
        expected[at].extend_from_slice(format!("{n:063}\n").as_bytes());
    }
    log.append(&file);
    let mut batches = log.follow(LogStart::Beginning).await;
    log.end();
    let mut got = [Vec::new(), Vec::new()];
    while let Some(batch) = batches.next().await {
        for chunk in batch.unwrap().chunks {
            got[usize::from(chunk.stream == Stream::Stderr)].extend_from_slice(&chunk.bytes);
        }
    }
    assert!(got == expected);
}

#[tokio::test]
async fn a_user_without_inotify_instances_left_still_has_logs() {
    let mut log = Log::new();
    log.line("one");
    log.notifier = Notifier::refused();
    let mut batches = log.follow(LogStart::Beginning).await;
    assert_eq!(next(&mut batches).await.0, "one\n");
    log.line("two");
    assert_eq!(next(&mut batches).await.0, "two\n");
    log.end();
    assert_eq!(rest(batches).await, "");
}

/// Blocks of 512 bytes that the file has on disk.
fn blocks(log: &Log) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(&fs::metadata(log.path()).unwrap())
}

/// Some megabytes of numbered lines; their text.
fn megabytes(log: &Log, count: usize) -> String {
    let lines = |prefix: &str| (0..count << 14).map(|n| format!("{prefix}{n:063}\n")).collect::<String>();
    log.append(&lines(&format!("{TIME} stdout F ")));
    lines("")
}

#[tokio::test]
async fn what_has_been_delivered_is_given_back_to_the_disk() {
    let mut log = Log::new();
    let text = megabytes(&log, 4);
    let (full, size) = (blocks(&log), fs::metadata(log.path()).unwrap().len());
    let batches = log.follow(LogStart::Beginning).await;
    log.end();
    assert!(rest(batches).await == text, "not what was written");
    assert_eq!(fs::metadata(log.path()).unwrap().len(), size);
    assert!(blocks(&log) < full / 2, "{} of {full} blocks are left", blocks(&log));
    log.line("more");
    let batches = log.follow(LogStart::Beginning).await;
    log.end();
    let kept = rest(batches).await;
    assert!(kept.ends_with("more\n") && text.ends_with(&kept[..kept.len() - 5]), "cut at a record");
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_left_as_it_is() {
    let mut log = Log::new();
    log.bounds.ours = false;
    let text = megabytes(&log, 4);
    let full = blocks(&log);
    let batches = log.follow(LogStart::Beginning).await;
    log.end();
    assert!(rest(batches).await == text, "not what was written");
    assert_eq!(blocks(&log), full);
}

#[tokio::test]
async fn a_backlog_beyond_its_limit_is_given_up_and_counted() {
    let mut log = Log::new();
    log.bounds.backlog_max = Some(1 << 20);
    log.line("first");
    let mut batches = log.follow(LogStart::Beginning).await;
    assert_eq!(next(&mut batches).await.0, "first\n");
    let before = fs::metadata(log.path()).unwrap().len();
    let text = megabytes(&log, 3);
    log.end();
    let batch = batches.next().await.unwrap().unwrap();
    let size = fs::metadata(log.path()).unwrap().len();
    assert_eq!(batch.dropped, size - before - (1 << 19), "half of the limit is kept");
    let first = String::from_utf8(batch.of(Stream::Stdout).into_owned()).unwrap();
    let kept = first + &rest(batches).await;
    assert!(text.ends_with(&kept) && kept.len() > 200_000, "{} bytes", kept.len());
}

#[tokio::test]
async fn within_its_limit_a_backlog_is_read_whole() {
    let mut log = Log::new();
    log.bounds.backlog_max = Some(4 << 20);
    let text = megabytes(&log, 2);
    let mut batches = log.follow(LogStart::Beginning).await;
    log.end();
    let first = batches.next().await.unwrap().unwrap();
    assert_eq!(first.dropped, 0);
    let first = String::from_utf8(first.of(Stream::Stdout).into_owned()).unwrap();
    assert!(first + &rest(batches).await == text, "not what was written");
}

/// Nobody reads; only time passes.
#[tokio::test(start_paused = true)]
async fn a_backlog_that_nobody_reads_takes_no_more_disk_than_its_limit() {
    let mut log = Log::new();
    log.bounds.backlog_max = Some(1 << 20);
    log.line("first");
    let mut batches = log.follow(LogStart::Beginning).await;
    next(&mut batches).await;
    megabytes(&log, 4);
    while blocks(&log) * 512 > 1 << 20 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    log.end();
    assert!(rest(batches).await.ends_with(&format!("{:063}\n", (4 << 14) - 1)));
}

#[tokio::test]
async fn a_garbage_file_says_nothing_and_harms_nobody() {
    let mut log = Log::new();
    log.append(&"\0\u{1}garbage ".repeat(200_000));
    log.append("\n");
    log.line("sense");
    let batches = log.follow(LogStart::Beginning).await;
    log.end();
    assert_eq!(rest(batches).await, "sense\n");
}

#[test]
fn what_can_be_told_without_a_disk_is_what_is_told_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let (there, link) = (dir.path().join("there"), dir.path().join("link"));
    fs::write(&there, "x").unwrap();
    std::os::unix::fs::symlink(&there, &link).unwrap();
    for path in [&there, &link, &dir.path().join("nowhere")] {
        // An old kernel cannot say.
        let cached = logopen::named_cached(path).unwrap_or_else(|| logopen::named(path));
        assert_eq!(cached, logopen::named(path), "{}", path.display());
    }
}

#[tokio::test]
async fn much_that_is_no_record_is_passed_over_a_piece_at_a_time() {
    let mut log = Log::new();
    log.append(&"no record\n".repeat(64 * 1024));
    log.line("one");
    let mut batches = log.follow(LogStart::Beginning).await;
    let mut pieces = 0;
    while next(&mut batches).await.0.is_empty() {
        pieces += 1;
    }
    assert!(pieces >= 4, "all {pieces} of it kept others waiting");
}
