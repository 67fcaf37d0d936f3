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
    end: Option<oneshot::Sender<()>>,
}

impl Log {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), end: None }
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
        follow(self.path(), start, Box::pin(async { drop(receiver.await) })).await.unwrap()
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
    let refused = follow(log.path(), LogStart::Beginning, Box::pin(std::future::ready(()))).await;
    assert!(refused.is_err());
    fs::remove_file(log.path()).unwrap();
    rustix::fs::mknodat(CWD, log.path(), rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let refused = follow(log.path(), LogStart::Beginning, Box::pin(std::future::ready(()))).await;
    assert!(refused.is_err());
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
    let (sender, receiver) = oneshot::channel();
    log.end = Some(sender);
    let ended = Box::pin(async { drop(receiver.await) });
    let mut batches = follow_with(Watch::refused(), log.path(), LogStart::Beginning, ended).await.unwrap();
    assert_eq!(next(&mut batches).await.0, "one\n");
    log.line("two");
    assert_eq!(next(&mut batches).await.0, "two\n");
    log.end();
    assert_eq!(rest(batches).await, "");
}
