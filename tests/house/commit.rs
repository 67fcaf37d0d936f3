//! A build names the commit it is made from, and no other.

#[path = "../../build/commit.rs"]
mod build;

use build::commit;
use std::fs;
use std::path::Path;
use std::process::Command;

fn git(dir: &Path, words: &[&str]) -> String {
    let nobody =
        ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"];
    let said = Command::new("git").current_dir(dir).args(nobody).args(words).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_checkout_has_a_commit_and_a_tarball_has_none_wherever_it_lies() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    assert!(commit(root).is_none(), "no repository");
    git(root, &["init", "--quiet"]);
    fs::create_dir(root.join("tarball")).unwrap();
    fs::write(root.join("file"), "one").unwrap();
    git(root, &["add", "file"]);
    git(root, &["commit", "--quiet", "--message", "one"]);
    let clean = commit(root).unwrap();
    assert_eq!(clean.name, git(root, &["rev-parse", "--short=12", "HEAD"]));
    assert!(clean.log.exists());
    fs::write(root.join("file"), "two").unwrap();
    assert_eq!(commit(root).unwrap().name, format!("{}-dirty", clean.name));
    assert!(commit(&root.join("tarball")).is_none(), "inside somebody else's repository");
    git(root, &["tag", "v1.0"]);
    git(root, &["worktree", "add", "--quiet", "tree"]);
    assert_eq!(commit(&root.join("tree")).unwrap().name, clean.name);
}
