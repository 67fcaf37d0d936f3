//! What the container sees of disks, memory and devices.

use super::row;
use crate::domain::config::grammar::{device, memory, secret, tmpfs, volume};
use crate::domain::config::row::{Default, Kind, OptionRow, one_of, parses};
use crate::domain::config::value::Value;
use std::collections::BTreeMap;

/// Values of `mount.type`.
pub const MOUNT_TYPES: &[&str] = &["volume", "bind", "tmpfs"];

/// Values of `mount.bind_options.propagation`.
pub const PROPAGATIONS: &[&str] = &["private", "rprivate", "shared", "rshared", "slave", "rslave"];

const BIND_OPTIONS: &[OptionRow] = &[row(
    "propagation",
    Kind::Text,
    r#"propagation = "rslave""#,
    "How later mounts below the source travel between host and container; rprivate when unset.",
)
.ours()
.checked("a propagation mode", |value| one_of(value, PROPAGATIONS), r#"propagation = "both""#)];

const DRIVER_CONFIG: &[OptionRow] = &[
    row("name", Kind::Text, r#"name = "local""#, "The volume driver; local when unset.").ours(),
    row("options", Kind::TextMap, r#"options { type = "nfs" }"#, "Options of that driver.").ours(),
];

const VOLUME_OPTIONS: &[OptionRow] = &[
    row(
        "no_copy",
        Kind::Bool,
        "no_copy = true",
        "Leaves a new volume empty instead of copying the image's files.",
    )
    .default(Default::Bool(false))
    .ours(),
    row(
        "labels",
        Kind::TextMap,
        r#"labels { team = "core" }"#,
        "Labels of a volume that is made for the task.",
    )
    .ours(),
    row(
        "driver_config",
        Kind::Block(DRIVER_CONFIG),
        r#"driver_config { name = "local" }"#,
        "How the volume is made if there is none of this name.",
    )
    .ours(),
];

const TMPFS_OPTIONS: &[OptionRow] =
    &[
        row(
            "size",
            Kind::Text,
            r#"size = "64m""#,
            "Size at most; a plain number is bytes. Half the memory when unset.",
        )
        .ours()
        .checked("a memory size", |value| parses(value, memory::bytes), r#"size = "big""#),
        row("mode", Kind::Text, r#"mode = "1777""#, "Permission bits, octal; 1777 when unset.")
            .ours()
            .checked("octal digits", |value| parses(value, octal), r#"mode = "rwx""#),
    ];

const MOUNT: &[OptionRow] = &[
    row(
        "type",
        Kind::Text,
        r#"type = "volume""#,
        "bind for a host path, volume for a named volume, tmpfs for memory.",
    )
    .ours()
    .default(Default::Text("volume"))
    .checked("volume, bind or tmpfs", |value| one_of(value, MOUNT_TYPES), r#"type = "nfs""#),
    row("target", Kind::Text, r#"target = "/data""#, "Where it is in the container.")
        .ours()
        .default(Default::Required)
        .checked("an absolute path", |value| parses(value, absolute), r#"target = "data""#),
    row(
        "source",
        Kind::Text,
        r#"source = "data""#,
        "The host path, a relative one from the task directory; or the volume's name, a new one when unset.",
    )
    .ours(),
    row("readonly", Kind::Bool, "readonly = true", "Forbids writing.").default(Default::Bool(false)).ours(),
    row(
        "bind_options",
        Kind::Block(BIND_OPTIONS),
        r#"bind_options { propagation = "rslave" }"#,
        "For type bind.",
    )
    .ours(),
    row(
        "volume_options",
        Kind::Block(VOLUME_OPTIONS),
        "volume_options { no_copy = true }",
        "For type volume.",
    )
    .ours(),
    row("tmpfs_options", Kind::Block(TMPFS_OPTIONS), r#"tmpfs_options { size = "64m" }"#, "For type tmpfs.")
        .ours(),
];

/// The rows.
pub const ROWS: &[OptionRow] = &[
    row(
        "volumes",
        Kind::TextList,
        r#"volumes = ["/some/host/data:/container/data:ro"]"#,
        "Host paths to bind into the container. Relative ones are meant from the task directory; with \
         volume_driver, a source that does not start with / or . is the name of a volume.",
    )
    .checked(
        "host_path:container_path[:options]",
        |value| parses(value, volume::parse),
        r#"volumes = ["/data"]"#,
    ),
    row(
        "volume_driver",
        Kind::Text,
        r#"volume_driver = "local""#,
        "Driver that makes the named volumes of the volumes option.",
    )
    .ours(),
    row(
        "mount",
        Kind::BlockList(MOUNT),
        "mount {\n  type   = \"tmpfs\"\n  target = \"/scratch\"\n}",
        "Mounts, one block each.",
    )
    .ours()
    .docker("mount or mounts")
    .checked(
        "a bind has a source, so has a volume with labels or driver_config, a tmpfs has none",
        check_mount,
        "mount {\n  type   = \"bind\"\n  target = \"/data\"\n}",
    ),
    row(
        "tmpfs",
        Kind::TextList,
        r#"tmpfs = ["/var:size=64m"]"#,
        "Paths in the container to mount a tmpfs on, with the options of podman run --tmpfs.",
    )
    .since("0.0.3")
    .checked("/container_path[:options]", |value| parses(value, tmpfs::parse), r#"tmpfs = ["var"]"#),
    row(
        "devices",
        Kind::TextList,
        r#"devices = ["/dev/fuse", "nvidia.com/gpu=all"]"#,
        "Devices of the host to pass in, or devices by CDI name (Podman 4.1 and later).",
    )
    .since("0.4.0")
    .checked(
        "/dev/host[:/dev/container][:rwm] or vendor/class=name",
        |value| parses(value, device::parse),
        r#"devices = ["fuse"]"#,
    ),
    row(
        "secrets",
        Kind::TextList,
        r#"secrets = ["db-password,type=env,target=PASSWORD"]"#,
        "Secrets that Podman keeps, as files below /run/secrets or as variables. Podman 3.2 and later.",
    )
    .ours()
    .checked(
        "name[,type=mount|env][,target=…][,uid=…][,gid=…][,mode=…]",
        |value| parses(value, secret::parse),
        r#"secrets = ["name,kind=env"]"#,
    ),
    row(
        "storage_opt",
        Kind::TextMap,
        r#"storage_opt { size = "10G" }"#,
        "Options of the storage driver for the container's own layer. Podman 4.0 and later.",
    )
    .ours(),
];

/// Octal permission bits.
pub fn octal(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    mode.ok_or_else(|| format!("{text:?} is no mode; write octal digits, such as 1777"))
}

fn absolute(text: &str) -> Result<(), String> {
    if text.starts_with('/') { Ok(()) } else { Err(format!("{text:?} must start with /")) }
}

fn check_mount(value: &Value) -> Result<(), String> {
    let Value::Map(mount) = value else { return Ok(()) };
    let source = match mount.get("source") {
        None | Some(Value::Null) => false,
        Some(Value::Text(source)) => !source.is_empty(),
        // What is not known may be one.
        Some(_) => true,
    };
    let kind = match mount.get("type") {
        None | Some(Value::Null) => "volume",
        Some(Value::Text(kind)) => kind.as_str(),
        Some(_) => return Ok(()),
    };
    match (kind, source) {
        ("bind", false) => Err("a bind needs a source".to_owned()),
        ("tmpfs", true) => Err("a tmpfs has no source".to_owned()),
        ("volume", false) if is_special(mount) => {
            Err("labels and driver_config need a source: a volume without a name is Podman's own".to_owned())
        }
        _ => Ok(()),
    }
}

/// Whether a volume is to be made in a particular way.
fn is_special(mount: &BTreeMap<String, Value>) -> bool {
    let inside = |value: Option<&Value>, name: &str| match value {
        Some(Value::Map(map)) => map.get(name).cloned(),
        _ => None,
    };
    let filled = |value: &Option<Value>| matches!(value, Some(Value::Map(map)) if !map.is_empty());
    let options = mount.get("volume_options");
    let config = inside(options, "driver_config");
    let driver = inside(config.as_ref(), "name");
    let driver = matches!(driver, Some(Value::Text(name)) if !name.is_empty() && name != "local");
    driver || filled(&inside(config.as_ref(), "options")) || filled(&inside(options, "labels"))
}
