//! conmon's part in a command inside a container: a directory with a log that tells its streams apart, and a socket for
//! its input.

use super::log::records;
use super::service::Complaints;
use nomad_driver_podman::domain::log::LogChunk;
use rustix::net::{
    AddressFamily, RecvFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType, accept, bind, listen, recv,
    shutdown, socket_with,
};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use tokio::sync::mpsc;

/// Packets of every writer; an empty one is the end of the input.
pub type Packets = mpsc::UnboundedReceiver<Vec<u8>>;

/// Gone with everything it has when dropped, as Podman cleans up after a session.
pub struct Conmon {
    dir: PathBuf,
    log: File,
    listener: Arc<OwnedFd>,
}

impl Conmon {
    pub fn new(dir: PathBuf, complaints: &Complaints) -> (Self, Packets) {
        std::fs::create_dir_all(&dir).unwrap();
        let log = File::create(dir.join("exec_log")).unwrap();
        let here = File::open(&dir).unwrap();
        let socket =
            socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        let address = format!("/proc/self/fd/{}/attach", here.as_raw_fd());
        bind(&socket, &SocketAddrUnix::new(address).unwrap()).unwrap();
        listen(&socket, 8).unwrap();
        let (listener, (tell, packets)) = (Arc::new(socket), mpsc::unbounded_channel());
        let (accepting, complaints) = (Arc::clone(&listener), complaints.clone());
        thread::spawn(move || {
            while let Ok(writer) = accept(&accepting) {
                let (tell, complaints) = (tell.clone(), complaints.clone());
                thread::spawn(move || read(&writer, &tell, &complaints));
            }
        });
        (Self { dir, log, listener }, packets)
    }

    /// Before it is handed on.
    pub fn write(&mut self, chunk: &LogChunk) {
        self.log.write_all(&records(chunk)).unwrap();
    }
}

impl Drop for Conmon {
    fn drop(&mut self) {
        let _ = shutdown(&self.listener, Shutdown::Both);
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn read(writer: &OwnedFd, tell: &mpsc::UnboundedSender<Vec<u8>>, complaints: &Complaints) {
    let mut packet = vec![0; 32 * 1024];
    while let Ok((length, whole)) = recv(writer, &mut packet, RecvFlags::empty()) {
        if length < whole {
            complaints.add(format!("conmon would cut a packet of {whole} bytes"));
        }
        let _ = tell.send(packet[..length].to_vec());
        if length == 0 {
            return;
        }
    }
}
