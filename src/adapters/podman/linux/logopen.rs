//! Opens a log file without being led astray, and says where in it to begin.

use crate::domain::log::{LogCursor, LogStart};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, SeekFrom, Statx, StatxFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Enough for the longest record: conmon reads at most 8 KiB at once.
const TAIL_BYTES: usize = 64 * 1024;

/// The file at `path`, if there is one. Never follows a symlink and never waits for a FIFO's writer: a container
/// with access to its own log directory must not make us read, or punch holes into, something else.
pub fn regular(path: &Path, access: OFlags) -> io::Result<Option<File>> {
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file: File = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => fd.into(),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if file.metadata()?.is_file() { Ok(Some(file)) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// The offset to read from.
pub fn first_offset(file: &File, generation: u64, start: LogStart) -> io::Result<u64> {
    let size = file.metadata()?.len();
    match start {
        LogStart::After(cursor) if cursor.generation == generation && cursor.offset <= size => {
            Ok(cursor.offset)
        }
        LogStart::Beginning | LogStart::After(_) => Ok(first_data(file)),
        LogStart::Now => last_record_end(file, size),
    }
}

/// Bytes of the file at `path` from there on.
///
/// # Errors
/// It cannot be opened, is no regular file, or `start` names no place in it.
pub fn unread(path: &Path, start: LogStart) -> io::Result<u64> {
    let file = regular(path, OFlags::RDONLY)?.ok_or(io::ErrorKind::NotFound)?;
    let is_here = match start {
        LogStart::Beginning => true,
        LogStart::After(cursor) => cursor == LogCursor::default() || cursor.generation == generation(&file)?,
        LogStart::Now => false,
    };
    if !is_here {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "another file has been written since"));
    }
    let offset = first_offset(&file, generation(&file)?, start)?;
    Ok(file.metadata()?.len().saturating_sub(offset))
}

/// Past the part that was given back to the disk.
fn first_data(file: &File) -> u64 {
    // An empty file has none, and some file systems know no holes.
    rustix::fs::seek(file, SeekFrom::Data(0)).unwrap_or(0)
}

/// Just past the last complete record: conmon may be in the middle of the next one.
fn last_record_end(file: &File, size: u64) -> io::Result<u64> {
    let mut tail = vec![0; TAIL_BYTES];
    let from = size.saturating_sub(TAIL_BYTES as u64);
    let length = file.read_at(&mut tail, from)?;
    let newline = tail[..length].iter().rposition(|byte| *byte == b'\n');
    Ok(newline.map_or(size, |at| from + at as u64 + 1))
}

/// Names an open file for longer than its inode number does, which the file system soon gives to another.
pub fn generation(file: &File) -> io::Result<u64> {
    let wanted = StatxFlags::INO | StatxFlags::BTIME;
    Ok(name(&rustix::fs::statx(file, "", AtFlags::EMPTY_PATH, wanted)?))
}

/// The same of the file that has the name now, if any.
pub fn named(path: &Path) -> Option<u64> {
    let wanted = StatxFlags::INO | StatxFlags::BTIME;
    rustix::fs::statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, wanted).ok().map(|stat| name(&stat))
}

/// [`named`], if that can be told without waiting for a disk; Linux 5.12 and newer can say so.
pub fn named_cached(path: &Path) -> Option<Option<u64>> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::CACHED) {
        Ok(fd) => generation(&fd.into()).ok().map(Some),
        Err(Errno::NOENT) => Some(None),
        Err(_) => None,
    }
}

fn name(stat: &Statx) -> u64 {
    let born = stat.stx_btime.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000);
    stat.stx_ino.rotate_left(32) ^ born.wrapping_add(u64::from(stat.stx_btime.tv_nsec))
}
