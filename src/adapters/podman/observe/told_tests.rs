//! Output that a service tells: each byte once, whatever becomes of its replies.

use super::*;
use crate::adapters::podman::observe::tests::Script;
use crate::domain::log::Stream;
use crate::ports::ErrorKind;

fn line(second: i64, text: &str) -> Line {
    Line { stream: Stream::Stdout, second, bytes: text.as_bytes().to_vec() }
}

/// A container that writes while it is read: two lines in one second, and one in the next.
fn written() -> Vec<Line> {
    vec![line(5, "one\n"), line(5, "two"), line(6, "\nthree\n")]
}

fn script(all: &[Line], cuts: &[usize]) -> Script {
    let script = Script::default();
    *script.output.lock().unwrap() = (all.to_vec(), cuts.iter().copied().collect());
    script
}

fn read(
    script: Script,
    start: LogStart,
    ended: BoxFuture<'static, ()>,
) -> BoxStream<'static, Result<LogBatch, RuntimeError>> {
    follow(Arc::new(script), Call::new("read logs of container", "c"), ContainerId::new("c"), start, ended)
}

fn in_a_while() -> BoxFuture<'static, ()> {
    Box::pin(tokio::time::sleep(std::time::Duration::from_secs(60)))
}

async fn text(batches: BoxStream<'static, Result<LogBatch, RuntimeError>>) -> String {
    let batches: Vec<LogBatch> = batches.map(Result::unwrap).collect().await;
    let bytes = batches.iter().flat_map(|batch| batch.of(Stream::Stdout).into_owned()).collect();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(start_paused = true)]
async fn replies_that_end_early_are_gone_on_from_without_a_gap_or_a_repetition() {
    for cuts in [&[][..], &[0], &[1], &[2, 1], &[1, 1, 1, 3], &[3, 0, 2]] {
        let told = read(script(&written(), cuts), LogStart::Beginning, in_a_while());
        assert_eq!(text(told).await, "one\ntwo\nthree\n", "{cuts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_reader_goes_on_after_any_cursor() {
    let all = "one\ntwo\nthree\n";
    let mut seen = String::new();
    let mut batches = read(script(&written(), &[]), LogStart::Beginning, in_a_while());
    while let Some(batch) = batches.next().await {
        let batch = batch.unwrap();
        seen.push_str(std::str::from_utf8(&batch.of(Stream::Stdout)).unwrap());
        let rest = read(script(&written(), &[]), LogStart::After(batch.cursor), in_a_while());
        assert_eq!(format!("{seen}{}", text(rest).await), all);
    }
    assert_eq!(seen, all);
    // What a file was read to says nothing about a journal.
    let file = LogCursor { generation: 77, offset: 3 };
    assert_eq!(text(read(script(&written(), &[]), LogStart::After(file), in_a_while())).await, all);
}

#[tokio::test(start_paused = true)]
async fn a_reader_from_now_on_asks_for_nothing_older() {
    let mut position = Position::new(LogStart::Now, Timestamp::from_unix_nanos(5 * NANOS + 7));
    assert_eq!(position.wanted(true).after, Some(Timestamp::from_unix_nanos(5 * NANOS - 1)));
    position.pass(&[line(6, "x")]);
    assert_eq!(position.wanted(true).after, Some(Timestamp::from_unix_nanos(6 * NANOS - 1)));
}

#[tokio::test(start_paused = true)]
async fn a_reader_from_now_on_is_told_first_where_that_is_to_the_byte() {
    // Two lines are there, the second of which was written in the same second as what will come.
    let all = [line(5, "one\n"), line(6, "two"), line(6, "\nthree\n")];
    let mut told = read(script(&all, &[2]), LogStart::Now, in_a_while());
    let here = told.next().await.unwrap().unwrap();
    assert_eq!(here.chunks, []);
    assert_eq!(text(told).await, "\nthree\n");
    let rest = read(script(&all, &[]), LogStart::After(here.cursor), in_a_while());
    assert_eq!(text(rest).await, "\nthree\n");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_refuses_is_an_error_and_the_last_item() {
    let refusing = Script { refuses_output: true, ..Script::default() };
    let mut told = read(refusing, LogStart::Beginning, in_a_while());
    assert_eq!(told.next().await.unwrap().unwrap_err().kind, ErrorKind::NotFound);
    assert!(told.next().await.is_none());
}
