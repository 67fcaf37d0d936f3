//! Which commit a source tree is, if it is a checkout: a tarball, or a tree inside somebody else's repository, has
//! none.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A checkout.
pub struct Commit {
    /// Short, and `-dirty` if files differ from it.
    pub name: String,
    /// Changes with every commit and checkout.
    pub log: PathBuf,
}

/// The commit of the tree at `root`.
pub fn commit(root: &Path) -> Option<Commit> {
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    let is_top = Path::new(&top).canonicalize().ok()? == root.canonicalize().ok()?;
    if !is_top {
        return None;
    }
    let name = git(root, &["describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"])?;
    let log = root.join(git(root, &["rev-parse", "--git-path", "logs/HEAD"])?);
    Some(Commit { name, log })
}

/// One line of git's; `None` if there is no git, or it fails.
fn git(root: &Path, words: &[&str]) -> Option<String> {
    // To look must not take a lock that a person's own command wants.
    let said =
        Command::new("git").current_dir(root).env("GIT_OPTIONAL_LOCKS", "0").args(words).output().ok()?;
    let line = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    (said.status.success() && !line.is_empty()).then_some(line)
}
