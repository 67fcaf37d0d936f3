//! The domain compiles without any crate but thiserror.

use std::path::Path;
use std::process::Command;

#[test]
fn the_domain_compiles_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = root.join("tests/house/domain-alone");
    let checked = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--locked", "--offline", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(root.join("target/domain-alone"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
