//! Puts icon, version and manifest into the program for Windows.

const ICON: &str = "../../assets/icon/untrained.ico";
const MANIFEST: &str = "../../packaging/files/untrained.manifest";

fn main() -> std::io::Result<()> {
    for file in ["build.rs", ICON, MANIFEST] {
        println!("cargo:rerun-if-changed={file}");
    }
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        return Ok(());
    }
    let mut resource = winresource::WindowsResource::new();
    resource.set_icon(ICON).set_manifest_file(MANIFEST);
    resource.set("ProductName", "Untrained").set("FileDescription", "Untrained");
    resource.set("LegalCopyright", "MIT licence");
    resource.compile()
}
