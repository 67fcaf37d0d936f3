//! Where the outside world meets the ports: Nomad's wire coming in; Podman, the kernel and the in-memory runtime
//! going out.
//!
//! What lives here: wire types, sockets, files, and the conversions between them and domain words. What must not:
//! a rule about tasks (that is `domain`), a decision about when to call what (that is `driver`), or an import of one
//! adapter by another.

pub mod nomad;
