//! Allocations of a group on a node of one: identity, ports and directories.

use super::jobfile::model::{Group, Network, PortTarget, Task};
use crate::domain::task::request::{Port, TaskDirs};
use crate::domain::task::{AllocId, TaskId};
use crate::ports::Clock;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

/// One allocation of a group.
#[derive(Debug, Clone)]
pub struct Alloc {
    /// Its id.
    pub id: AllocId,
    /// Its number within the group, from 0.
    pub index: u32,
    /// Its directory.
    pub dir: PathBuf,
    /// Ports of the group network.
    pub ports: Vec<Port>,
    /// The node's address.
    pub host_ip: IpAddr,
}

impl Alloc {
    /// Makes the `index`th allocation of `group` below `root`: chooses its ports, and lays its directories as
    /// Nomad does.
    ///
    /// # Errors
    /// What the system says.
    pub fn make(group: &Group, index: u32, root: &Path, clock: &dyn Clock) -> io::Result<Self> {
        let id = AllocId::new(uuid(clock));
        let dir = root.join(id.as_str());
        for shared in ["data", "logs", "tmp"] {
            std::fs::create_dir_all(dir.join("alloc").join(shared))?;
        }
        for task in &group.tasks {
            for own in ["local", "secrets", "tmp"] {
                std::fs::create_dir_all(dir.join(&task.name).join(own))?;
            }
        }
        let ports = group.network.as_ref().map_or(Ok(vec![]), ports)?;
        Ok(Self { id, index, dir, ports, host_ip: node_address() })
    }

    /// Id of the next start of a task.
    pub fn task_id(&self, task: &str, clock: &dyn Clock) -> TaskId {
        TaskId::new(format!("{}/{task}/{:08x}", self.id, clock.entropy() & 0xffff_ffff))
    }

    /// Host paths of a task. Its output goes to the terminal: nothing is ever made at the paths of the FIFOs,
    /// which only say, as Nomad does, whether output is wanted.
    pub fn dirs(&self, task: &Task) -> TaskDirs {
        let stream = |stream| match task.logs_disabled {
            true => PathBuf::from("/dev/null"),
            false => self.dir.join(format!("alloc/logs/.{}.{stream}.fifo", task.name)),
        };
        TaskDirs {
            alloc: self.dir.as_path().into(),
            task_name: task.name.clone(),
            stdout: stream("stdout").into(),
            stderr: stream("stderr").into(),
        }
    }
}

/// A random (version 4) UUID.
fn uuid(clock: &dyn Clock) -> String {
    let (high, low) = (clock.entropy(), clock.entropy());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        (low >> 48 & 0x3fff) | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

/// The ports of a network, dynamic ones chosen among those that are free now.
pub fn ports(network: &Network) -> io::Result<Vec<Port>> {
    // All are held until the last is chosen, or two could be the same.
    let mut held = vec![];
    let mut ports = vec![];
    for spec in &network.ports {
        let host = match spec.fixed {
            Some(port) => port,
            None => {
                let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
                let port = listener.local_addr()?.port();
                held.push(listener);
                port
            }
        };
        let container = match spec.to {
            PortTarget::Same => None,
            PortTarget::Port(port) => Some(port),
        };
        ports.push(Port { label: spec.label.clone(), host, container, host_ip: String::new() });
    }
    Ok(ports)
}

/// The address that others reach this node at: that of the route to the outside, which is asked for without
/// sending anything; loopback if there is none.
fn node_address() -> IpAddr {
    let routed = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        // TEST-NET-1: never a neighbour, hence always by the default route.
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    routed.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

/// The directory of all allocations of a run.
#[derive(Debug)]
pub struct AllocRoot {
    path: PathBuf,
    temporary: bool,
}

impl AllocRoot {
    /// `given`, which stays, or a new directory that goes with this value.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(given: Option<&Path>, clock: &dyn Clock) -> io::Result<Self> {
        let path = match given {
            Some(path) => std::path::absolute(path)?,
            None => std::env::temp_dir().join(format!("nomad-driver-podman-{:016x}", clock.entropy())),
        };
        std::fs::create_dir_all(&path)?;
        // Symlinks would make a volume seem to leave the allocation.
        Ok(Self { path: path.canonicalize()?, temporary: given.is_none() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for AllocRoot {
    fn drop(&mut self) {
        if self.temporary {
            // Files of another user, written by a container, may stay; the system clears its temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::cli::testing::{TestClock, group_of};

    const GROUP: &str = r#"
        network {
          port "a" {
            to = 80
          }
          port "b" {}
          port "c" {
            static = 99
          }
        }
        task "t" {
          driver = "podman"
          config {
            image = "a"
          }
        }"#;

    #[test]
    fn an_allocation_is_laid_as_nomad_lays_it_and_cleared_away() {
        let clock = TestClock::default();
        let root = AllocRoot::make(None, &clock).unwrap();
        let alloc = Alloc::make(&group_of(GROUP), 0, root.path(), &clock).unwrap();
        for dir in ["alloc/data", "alloc/logs", "alloc/tmp", "t/local", "t/secrets", "t/tmp"] {
            assert!(alloc.dir.join(dir).is_dir(), "{dir}");
        }
        let id = alloc.task_id("t", &clock);
        let parts: Vec<usize> = id.as_str().split('/').map(str::len).collect();
        assert_eq!(parts, [36, 1, 8], "{id}");
        let path = root.path().to_owned();
        drop(root);
        assert!(!path.exists());
    }

    #[test]
    fn a_given_directory_stays() {
        let dir = tempfile::tempdir().unwrap();
        drop(AllocRoot::make(Some(&dir.path().join("x")), &TestClock::default()).unwrap());
        assert!(dir.path().join("x").is_dir());
    }

    #[test]
    fn dynamic_ports_are_chosen_and_differ() {
        let ports = ports(group_of(GROUP).network.as_ref().unwrap()).unwrap();
        assert_eq!((ports[0].container, ports[1].container, ports[2].host), (Some(80), None, 99));
        assert!(ports[0].host > 0 && ports[0].host != ports[1].host);
    }
}
