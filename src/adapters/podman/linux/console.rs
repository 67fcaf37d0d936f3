//! conmon's socket of a container, or of a command inside one: what is sent there is the standard input of the program.
//!
//! conmon takes one packet after the other from every writer, and ends the input once any of them has ended. Its
//! socket has the name `attach` in the directory of the container or the command (conmon 2.0 and 2.1).

use rustix::fs::{Mode, OFlags};
use rustix::net::{
    AddressFamily, SendFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType, connect, send, shutdown,
    socket_with,
};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Bytes of a packet: half of what conmon reads at once.
const PACKET_BYTES: usize = 16 * 1024;

/// A writer to a program's standard input; dropped, it ends the input.
#[derive(Debug)]
pub struct Console(AsyncFd<OwnedFd>);

impl Console {
    /// The one of the program whose conmon has its files in `dir`. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// There is no such socket, or nobody behind it.
    pub fn open(dir: &Path) -> io::Result<Self> {
        // The path may be longer than an address.
        let dir = rustix::fs::open(dir, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let address = SocketAddrUnix::new(format!("/proc/self/fd/{}/attach", dir.as_raw_fd()))?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        connect(&socket, &address)?;
        // conmon tells every writer what the program says; it comes by another way.
        shutdown(&socket, Shutdown::Read)?;
        Ok(Self(writable(socket)?))
    }

    /// Waits while the program does not read.
    ///
    /// # Errors
    /// The program has ended.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        for packet in bytes.chunks(PACKET_BYTES) {
            let send = |fd: &OwnedFd| Ok(send(fd, packet, SendFlags::NOSIGNAL)?);
            self.0.async_io(Interest::WRITABLE, send).await?;
        }
        Ok(())
    }
}

/// As [`super::readable`], for writing.
#[expect(
    deprecated,
    reason = "its successor is unsafe for types that may change their descriptor; OwnedFd cannot"
)]
fn writable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, Interest::WRITABLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{RecvFlags, accept, bind, listen, recv};

    #[tokio::test]
    async fn packets_arrive_in_order_and_then_the_end() {
        let top = tempfile::tempdir().unwrap();
        let dir = top.path().join("d".repeat(120));
        std::fs::create_dir(&dir).unwrap();
        assert!(Console::open(&dir).is_err());
        let listener =
            socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        let here = std::fs::File::open(&dir).unwrap();
        let address = format!("/proc/self/fd/{}/attach", here.as_raw_fd());
        bind(&listener, &SocketAddrUnix::new(address).unwrap()).unwrap();
        listen(&listener, 1).unwrap();
        let console = Console::open(&dir).unwrap();
        let conmon = accept(&listener).unwrap();
        // What the program says must not wait for us.
        assert!(send(&conmon, b"\x02output", SendFlags::NOSIGNAL).is_err());
        let bytes = vec![7; PACKET_BYTES + 5];
        let read = tokio::task::spawn_blocking(move || {
            let mut sizes = Vec::new();
            let mut packet = vec![0; 2 * PACKET_BYTES];
            while let Ok((size @ 1.., _)) = recv(&conmon, &mut packet, RecvFlags::empty()) {
                sizes.push(size);
            }
            sizes
        });
        console.write(&bytes).await.unwrap();
        drop(console);
        assert_eq!(read.await.unwrap(), [PACKET_BYTES, 5]);
    }
}
