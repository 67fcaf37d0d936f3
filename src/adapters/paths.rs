//! Paths of the host's file system, as both inbound adapters resolve them.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Most symlinks followed on the way, as in Linux.
const SYMLINKS: usize = 40;

/// `path` without symlinks, `.` and `..`. From the first part on that does not exist, the rest is resolved by
/// text: nothing there can be a symlink yet.
///
/// # Errors
/// A part that cannot be looked at, a loop of symlinks, or a path that is not absolute.
pub async fn resolve(path: &Path) -> io::Result<PathBuf> {
    if !path.is_absolute() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} is not absolute", path.display()),
        ));
    }
    let mut resolved = PathBuf::from("/");
    let mut open = parts(path);
    let mut followed = 0;
    while let Some(part) = open.pop() {
        let Step::Down(name) = part else {
            resolved.pop();
            continue;
        };
        let next = resolved.join(name);
        let Some(target) = symlink_target(&next).await? else {
            resolved = next;
            continue;
        };
        followed += 1;
        if followed > SYMLINKS {
            return Err(io::Error::other(format!("{}: too many symlinks", path.display())));
        }
        if target.is_absolute() {
            resolved = PathBuf::from("/");
        }
        open.extend(parts(&target));
    }
    Ok(resolved)
}

enum Step {
    Up,
    Down(PathBuf),
}

/// The steps of a path, last one first.
fn parts(path: &Path) -> Vec<Step> {
    let step = |part: Component<'_>| match part {
        Component::ParentDir => Some(Step::Up),
        Component::Normal(name) => Some(Step::Down(PathBuf::from(name))),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().rev().filter_map(step).collect()
}

/// Where a symlink leads; `None` for anything else, also for what does not exist.
async fn symlink_target(path: &Path) -> io::Result<Option<PathBuf>> {
    match tokio::fs::symlink_metadata(path).await {
        Ok(facts) if facts.is_symlink() => tokio::fs::read_link(path).await.map(Some),
        Ok(_) => Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A directory whose own path has no symlinks: `real/`, `link -> real`, `up -> ..`, `loop -> loop`.
    fn tree() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("real")).unwrap();
        for (target, name) in [("real", "link"), ("..", "real/up"), ("loop", "loop"), ("/gone/x", "dangling")]
        {
            symlink(target, root.join(name)).unwrap();
        }
        (dir, root)
    }

    #[tokio::test]
    async fn symlinks_and_parents_are_resolved() {
        let (_dir, root) = tree();
        let resolved = |path: &'static str| {
            let root = root.clone();
            async move { resolve(&root.join(path)).await.unwrap().strip_prefix(&root).unwrap().to_owned() }
        };
        assert_eq!(resolved("link").await, Path::new("real"));
        assert_eq!(resolved("link/../link/.").await, Path::new("real"));
        assert_eq!(resolved("link/up/real").await, Path::new("real"));
    }

    #[tokio::test]
    async fn the_tail_that_does_not_exist_is_kept() {
        let (_dir, root) = tree();
        assert_eq!(resolve(&root.join("link/a/b/../c")).await.unwrap(), root.join("real/a/c"));
        assert_eq!(resolve(&root.join("dangling/y")).await.unwrap(), Path::new("/gone/x/y"));
        assert_eq!(resolve(Path::new("/..")).await.unwrap(), Path::new("/"));
    }

    #[tokio::test]
    async fn loops_and_relative_paths_are_errors() {
        let (_dir, root) = tree();
        assert!(resolve(&root.join("loop")).await.is_err());
        assert!(resolve(Path::new("relative")).await.is_err());
    }
}
