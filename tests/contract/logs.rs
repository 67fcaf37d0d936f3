//! `logs`: every byte, in order, to everybody who reads.

use crate::lab::{Lab, Output, refused};
use crate::programs::{err, exit, forever, out, sleep_ms};
use futures_util::StreamExt;
use nomad_driver_podman::adapters::memory::program::FILL_LINE;
use nomad_driver_podman::adapters::memory::{Program, Step};
use nomad_driver_podman::domain::container::ContainerState;
use nomad_driver_podman::domain::container::labels::BACKLOG_LABEL;
use nomad_driver_podman::domain::last_words::LAST_WORDS_BYTES;
use nomad_driver_podman::domain::log::{LogBatch, LogCursor, LogStart, Stream};
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::{ContainerRuntime, ErrorKind};

pub async fn streams_are_told_apart_exactly(lab: &Lab) {
    let program = [
        out("one\n"),
        err("err one\n"),
        out("par"),
        // Not in one breath, or a line that is not complete would be cut at random.
        sleep_ms(200),
        err("err partial"),
        sleep_ms(200),
        out("tial\n\n\ntwo"),
    ];
    let output = lab.output(program).await;
    assert_eq!(output.text(), "one\npartial\n\n\ntwo");
    assert_eq!(output.stderr, b"err one\nerr partial");
}

pub async fn bytes_of_any_value_arrive(lab: &Lab) {
    let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    let output = lab.output([out(&bytes), err(&bytes)]).await;
    assert_eq!((output.stdout, output.stderr), (bytes.clone(), bytes));
}

pub async fn a_megabyte_arrives(lab: &Lab) {
    let output = lab.output([Step::Fill(Stream::Stdout, 1 << 20)]).await;
    assert_eq!(output.stdout.len(), 1 << 20);
    assert!(output.stdout == FILL_LINE.repeat((1 << 20) / FILL_LINE.len()), "not what was written");
}

pub async fn a_line_without_end_arrives(lab: &Lab) {
    // Longer than a pipe or any other buffer on the way; a script cannot be longer than 128 KiB.
    let program: Program = (0..5).map(|_| out("z".repeat(20_000))).collect();
    assert!(lab.output(program).await.text() == "z".repeat(100_000), "not what was written");
}

pub async fn they_are_read_while_they_are_written(lab: &Lab) {
    let id = lab.run([out("up\n"), forever()]).await;
    lab.printed(&id, "up\n").await;
    assert_eq!(lab.runtime.inspect(id.as_str()).await.unwrap().state, ContainerState::Running);
}

pub async fn they_end_after_the_last_byte(lab: &Lab) {
    let id = lab.run([out("first\n"), sleep_ms(500), out("last")]).await;
    let output = lab.logs(&id, LogStart::Beginning).await;
    assert_eq!(output.text(), "first\nlast");
    lab.runtime.wait(&id).await.unwrap();
    assert_eq!(lab.logs(&id, LogStart::Beginning).await, output);
}

async fn batches(lab: &Lab, id: &ContainerId) -> Vec<LogBatch> {
    let batches = lab.runtime.logs(id, LogStart::Beginning).await.unwrap();
    batches.map(Result::unwrap).collect().await
}

pub async fn a_reader_goes_on_after_any_cursor(lab: &Lab) {
    let program = [
        out("one\n"),
        sleep_ms(200),
        err("two\n"),
        sleep_ms(200),
        Step::Fill(Stream::Stdout, 300_000),
        out("end"),
    ];
    let id = lab.run(program).await;
    let batches = batches(lab, &id).await;
    let mut all = Output::default();
    batches.iter().for_each(|batch| all.add_batch(batch));
    let mut seen = Output::default();
    for batch in &batches {
        seen.add_batch(batch);
        let rest = lab.logs(&id, LogStart::After(batch.cursor)).await;
        assert_eq!([&*seen.stdout, &rest.stdout].concat(), all.stdout);
        assert_eq!([&*seen.stderr, &rest.stderr].concat(), all.stderr);
    }
    assert_eq!(lab.logs(&id, LogStart::After(LogCursor::default())).await, all);
}

pub async fn a_reader_from_now_on_sees_nothing_older(lab: &Lab) {
    from_now_on(lab, &*lab.runtime).await;
}

async fn from_now_on(lab: &Lab, runtime: &dyn ContainerRuntime) {
    let id = lab.run([out("old\n"), sleep_ms(1500), out("new\n")]).await;
    lab.printed(&id, "old").await;
    let mut batches = runtime.logs(&id, LogStart::Now).await.unwrap();
    let here = batches.next().await.unwrap().unwrap();
    assert_eq!(here.chunks, [], "the first one only says where that is");
    let mut seen = Output::default();
    while let Some(batch) = batches.next().await {
        seen.add_batch(&batch.unwrap());
    }
    assert_eq!(seen.text(), "new\n");
    let mut again = Output::default();
    let mut batches = runtime.logs(&id, LogStart::After(here.cursor)).await.unwrap();
    while let Some(batch) = batches.next().await {
        again.add_batch(&batch.unwrap());
    }
    assert_eq!(again, seen);
}

pub async fn two_readers_read_the_same(lab: &Lab) {
    let id = lab.run([out("a\n"), sleep_ms(300), err("b\n"), Step::Fill(Stream::Stdout, 50_000)]).await;
    let read = || lab.logs(&id, LogStart::Beginning);
    let (first, second) = tokio::join!(read(), read());
    assert_eq!(first, second);
    assert_eq!(first.stdout.len(), 50_002);
}

pub async fn silence_is_an_empty_log(lab: &Lab) {
    assert_eq!(lab.output([exit(0)]).await, Output::default());
}

pub async fn a_child_left_behind_does_not_keep_them_open(lab: &Lab) {
    let child = Step::Fork(Program::from([forever()]));
    let id = lab.run([child, out("parent\n"), exit(2)]).await;
    assert_eq!(lab.logs(&id, LogStart::Beginning).await.text(), "parent\n");
    assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(2));
}

pub async fn a_reader_that_leaves_changes_nothing(lab: &Lab) {
    let id = lab.run([out("a\n"), sleep_ms(500), Step::Fill(Stream::Stdout, 500_000), exit(3)]).await;
    let mut batches = lab.runtime.logs(&id, LogStart::Beginning).await.unwrap();
    batches.next().await.unwrap().unwrap();
    drop(batches);
    assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(3));
    assert_eq!(lab.logs(&id, LogStart::Beginning).await.stdout.len(), 500_002);
}

pub async fn what_a_bounded_log_cannot_hold_is_dropped_and_counted(lab: &Lab) {
    let mut spec = lab.spec([Step::Fill(Stream::Stdout, 500_000), out("end\n")]);
    spec.labels.insert(BACKLOG_LABEL.to_owned(), "65536".to_owned());
    let id = lab.start(&spec).await;
    lab.runtime.wait(&id).await.unwrap();
    let mut kept = Output::default();
    let batches = batches(lab, &id).await;
    batches.iter().for_each(|batch| kept.add_batch(batch));
    let dropped: u64 = batches.iter().map(|batch| batch.dropped).sum();
    assert!(kept.stdout.ends_with(b"\nend\n") && kept.stdout.len() <= 65_536, "{} bytes", kept.stdout.len());
    assert!(dropped >= 400_000, "{dropped} bytes are said to be dropped");
}

pub async fn what_is_left_to_read_is_measured(lab: &Lab) {
    let id = lab.run([out("one\n"), sleep_ms(300), Step::Fill(Stream::Stdout, 300_000)]).await;
    lab.runtime.wait(&id).await.unwrap();
    let all = lab.runtime.unread(&id, LogStart::Beginning).await.unwrap();
    let mut left = vec![all];
    for batch in batches(lab, &id).await {
        left.push(lab.runtime.unread(&id, LogStart::After(batch.cursor)).await.unwrap());
    }
    assert!(all >= 300_004 && left.is_sorted_by(|one, next| one > next), "{left:?}");
    assert_eq!(left.last(), Some(&0));
    refused(lab.runtime.unread(&id, LogStart::Now).await, ErrorKind::Unsupported);
    refused(lab.runtime.unread(&lab.absent(), LogStart::Beginning).await, ErrorKind::NotFound);
}

pub async fn output_out_of_sight_is_told_all_the_same(lab: &Lab) {
    let program = [
        out("one\npar"),
        sleep_ms(300),
        err("err\n"),
        sleep_ms(1100),
        out("tial\n\n"),
        Step::Fill(Stream::Stdout, 20_000),
        sleep_ms(300),
        out("end"),
    ];
    let (id, blind) = (lab.run(program).await, lab.arm.blind_runtime());
    let batches = blind.logs(&id, LogStart::Beginning).await.unwrap();
    let batches: Vec<LogBatch> = batches.map(Result::unwrap).collect().await;
    let mut all = Output::default();
    batches.iter().for_each(|batch| all.add_batch(batch));
    let expected = format!("one\npartial\n\n{}end", String::from_utf8_lossy(&FILL_LINE.repeat(1250)));
    assert_eq!((all.text(), &*all.stderr), (expected, &b"err\n"[..]));
    // Whoever goes on in the middle sees the rest.
    let mut seen = Output::default();
    batches[..batches.len() / 2].iter().for_each(|batch| seen.add_batch(batch));
    let cursor = batches[..batches.len() / 2].last().map_or(LogCursor::default(), |batch| batch.cursor);
    let mut rest = blind.logs(&id, LogStart::After(cursor)).await.unwrap();
    while let Some(batch) = rest.next().await {
        seen.add_batch(&batch.unwrap());
    }
    assert_eq!(seen, all);
}

pub async fn an_absent_container_is_not_found(lab: &Lab) {
    let logs = lab.runtime.logs(&lab.absent(), LogStart::Beginning).await;
    refused(logs.map(|_| ()), ErrorKind::NotFound);
}

pub async fn the_last_words_are_of_standard_error(lab: &Lab) {
    let (silent, _) = lab.end(&lab.spec([out("out\n"), exit(1)])).await;
    assert_eq!(lab.runtime.last_words(&silent.id).await.unwrap(), b"");
    let program = [Step::Fill(Stream::Stderr, 40_000), out("out\n"), err("no newline"), exit(1)];
    let (facts, _) = lab.end(&lab.spec(program)).await;
    let words = lab.runtime.last_words(&facts.id).await.unwrap();
    assert_eq!(words.len(), LAST_WORDS_BYTES);
    assert!(words.ends_with(b"0123456789abcde\nno newline"), "{}", String::from_utf8_lossy(&words));
    refused(lab.runtime.last_words(&lab.absent()).await, ErrorKind::NotFound);
}

pub async fn out_of_sight_they_are_told_all_the_same(lab: &Lab) {
    let blind = lab.arm.blind_runtime();
    let id = lab.run([out("one\n"), sleep_ms(300), err("two\n"), sleep_ms(300), out("three")]).await;
    let read = async |start| {
        let batches = blind.logs(&id, start).await.unwrap();
        batches.map(Result::unwrap).collect::<Vec<LogBatch>>().await
    };
    let sum = |batches: &[LogBatch]| {
        let mut output = Output::default();
        batches.iter().for_each(|batch| output.add_batch(batch));
        output
    };
    let batches = read(LogStart::Beginning).await;
    let all = sum(&batches);
    assert_eq!((all.text().as_str(), &*all.stderr), ("one\nthree", &b"two\n"[..]));
    for (at, batch) in batches.iter().enumerate() {
        let rest = read(LogStart::After(batch.cursor)).await;
        assert_eq!(sum(&rest), sum(&batches[at + 1..]));
    }
    assert_eq!(blind.last_words(&id).await.unwrap(), b"two\n");
    from_now_on(lab, &*blind).await;
    refused(blind.logs(&lab.absent(), LogStart::Beginning).await.map(|_| ()), ErrorKind::NotFound);
}
