//! The generated messages and services of the host's wire; `proto/` is their source.
//!
//! The modules nest as the protobuf packages do, because generated code refers to its neighbours that way;
//! use the short names at the end.

#![allow(missing_docs, clippy::all, clippy::too_many_lines, reason = "generated code")]

/// `hashicorp.nomad.plugins`
pub mod plugins {
    /// `hashicorp.nomad.plugins.base`
    pub mod base {
        /// `hashicorp.nomad.plugins.base.proto`
        pub mod proto {
            tonic::include_proto!("hashicorp.nomad.plugins.base.proto");
        }
    }
    /// `hashicorp.nomad.plugins.drivers`
    pub mod drivers {
        /// `hashicorp.nomad.plugins.drivers.proto`
        pub mod proto {
            tonic::include_proto!("hashicorp.nomad.plugins.drivers.proto");
        }
    }
    /// `hashicorp.nomad.plugins.shared`
    pub mod shared {
        /// `hashicorp.nomad.plugins.shared.hclspec`
        pub mod hclspec {
            tonic::include_proto!("hashicorp.nomad.plugins.shared.hclspec");
        }
        /// `hashicorp.nomad.plugins.shared.structs`
        pub mod structs {
            tonic::include_proto!("hashicorp.nomad.plugins.shared.structs");
        }
    }
}

/// go-plugin's own services, package `plugin`.
pub mod goplugin {
    tonic::include_proto!("plugin");
}

/// `google.rpc.Status`, the body of a status' details.
pub mod rpc {
    tonic::include_proto!("google.rpc");
}

pub use plugins::{
    base::proto as base,
    drivers::proto as driver,
    shared::{hclspec, structs},
};
