//! A change is told once to each who waits, and never missed.

use super::*;
use futures_util::poll;
use std::io::Write;
use std::pin::pin;

fn file(dir: &tempfile::TempDir) -> File {
    File::options().create(true).append(true).open(dir.path().join("file")).unwrap()
}

#[tokio::test]
async fn all_who_wait_for_a_file_are_told_of_its_next_change() {
    let dir = tempfile::tempdir().unwrap();
    let (notifier, mut file) = (Notifier::of_process(), file(&dir));
    let (mut one, mut other) = (notifier.watch(), notifier.watch());
    one.file(&file).unwrap();
    other.file(&file).unwrap();
    file.write_all(b"x").unwrap();
    one.changed().await;
    other.changed().await;
    one.file(&file).unwrap();
    assert!(poll!(pin!(one.changed())).is_pending(), "an old change");
    file.write_all(b"y").unwrap();
    one.changed().await;
}

#[tokio::test]
async fn a_watch_that_goes_leaves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let (notifier, mut file) = (Notifier::of_process(), file(&dir));
    let (mut one, mut other) = (notifier.watch(), notifier.watch());
    one.file(&file).unwrap();
    other.file(&file).unwrap();
    drop(other);
    file.write_all(b"x").unwrap();
    one.changed().await;
}

#[tokio::test]
async fn a_new_name_in_a_directory_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let notifier = Notifier::of_process();
    let mut watch = notifier.watch();
    watch.dir(dir.path()).unwrap();
    file(&dir);
    watch.changed().await;
}

#[tokio::test(start_paused = true)]
async fn without_an_instance_it_is_time_to_look_now_and_then() {
    let dir = tempfile::tempdir().unwrap();
    let notifier = Notifier::refused();
    let mut watch = notifier.watch();
    watch.file(&file(&dir)).unwrap();
    watch.changed().await;
}
