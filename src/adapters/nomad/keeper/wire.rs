//! What plugin and keeper say to each other.

use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::sockopt::socket_peercred;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType, recvmsg, sendmsg,
};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// The name of this conversation; another one gets another name.
pub const SOCKET: &str = "keeper-1.sock";

/// Linux's PATH_MAX and the letter.
const MESSAGE_BYTES: usize = 4097;

const HOLD: u8 = b'H';
const RELEASE: u8 = b'R';
/// The answer to a hold.
const HELD: u8 = b'h';

/// What a plugin asks.
#[derive(Debug)]
pub enum Request {
    /// Hold this pipe under this name, instead of what had the name.
    Hold(Vec<u8>, OwnedFd),
    /// Let go of it.
    Release(Vec<u8>),
}

/// A socket that does not block.
pub fn socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?)
}

/// The socket's address in `dir`.
pub fn address(dir: &Path) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new(dir.join(SOCKET))?)
}

/// Whether the other side runs as our user.
pub fn is_ours(socket: impl AsFd) -> bool {
    socket_peercred(socket).is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// Asks to hold `pipe` under `name`.
pub fn send_hold(socket: impl AsFd, name: &[u8], pipe: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let pipes = [pipe];
    control.push(SendAncillaryMessage::ScmRights(&pipes));
    send(socket, HOLD, name, &mut control)
}

/// Asks to let go of `name`.
pub fn send_release(socket: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    send(socket, RELEASE, name, &mut SendAncillaryBuffer::default())
}

/// Answers a hold.
pub fn send_held(socket: impl AsFd) -> Result<(), Errno> {
    send(socket, HELD, &[], &mut SendAncillaryBuffer::default())
}

fn send(
    socket: impl AsFd,
    letter: u8,
    name: &[u8],
    control: &mut SendAncillaryBuffer<'_, '_, '_>,
) -> Result<(), Errno> {
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    sendmsg(socket, &[IoSlice::new(&[letter]), IoSlice::new(name)], control, flags).map(|_| ())
}

/// A request; `None` at the end of the connection.
///
/// # Errors
/// `AGAIN` if there is none yet, `PROTO` for what is no request, `MFILE` when we can hold no more.
pub fn receive(socket: impl AsFd) -> Result<Option<Request>, Errno> {
    let mut bytes = [0; MESSAGE_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let got = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags)?;
    let mut pipes = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(pipes) => Some(pipes),
        _ => None,
    });
    let pipe = pipes.next().and_then(|mut pipes| pipes.next());
    match (bytes[..got.bytes].split_first(), pipe) {
        (None, _) => Ok(None),
        (Some((&HOLD, name)), Some(pipe)) => Ok(Some(Request::Hold(name.to_vec(), pipe))),
        (Some((&HOLD, _)), None) => Err(Errno::MFILE),
        (Some((&RELEASE, name)), None) => Ok(Some(Request::Release(name.to_vec()))),
        _ => Err(Errno::PROTO),
    }
}

/// Reads the answer to a hold; false at the end of the connection.
///
/// # Errors
/// `AGAIN` if there is none yet.
pub fn receive_held(socket: impl AsFd) -> Result<bool, Errno> {
    let mut letter = [0];
    let (length, _) = rustix::net::recv(socket, &mut letter, RecvFlags::DONTWAIT)?;
    Ok(length == 1 && letter[0] == HELD)
}
