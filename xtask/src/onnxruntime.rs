//! The library of ONNX Runtime: taken out of the package for Python of one version, whose digest is pinned, and put into the
//! user's cache, where hosts and tests look for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::command;
use crate::tree::Tree;

/// The package, as pip takes it.
pub(crate) const PACKAGE: &str = "onnxruntime==1.31.1";

/// A machine: its system and processor as Rust calls them, the package's platform, and the digest of its file.
type Platform = (&'static str, &'static str, &'static str, &'static str);

const PLATFORMS: [Platform; 3] = [
    ("linux", "x86_64", "manylinux_2_28_x86_64", "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f"),
    ("linux", "aarch64", "manylinux_2_28_aarch64", "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3"),
    ("macos", "aarch64", "macosx_14_0_arm64", "60b6b69bfe580eab576cacc5d132a0e9cf2a37fcfd18d46dd191042b1d1ed0d7"),
];

/// Takes the library out of a package: the file's name in it has the version.
const UNPACK: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as package:
    name, = [n for n in package.namelist() if n.startswith('onnxruntime/capi/libonnxruntime.')]
    with open(sys.argv[2] + '/' + name.rsplit('/', 1)[1], 'wb') as library:
        library.write(package.read(name))
";

/// Fetches it where it is missing. Never fails: hosts have a fallback, and a test that needs it says so itself.
pub(crate) fn provide(tree: &Tree) {
    if let Err(error) = fetch(tree) {
        println!("{PACKAGE} cannot be fetched here, tests that need it skip and hosts take their fallback: {error:#}");
    }
}

/// Where it is put.
pub(crate) fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(home.join("sconce/onnxruntime"))
}

/// The library, fetched where it is missing.
pub(crate) fn fetch(tree: &Tree) -> anyhow::Result<PathBuf> {
    let folder = folder().context("neither XDG_CACHE_HOME nor HOME names a folder")?;
    if let Some(library) = library(&folder) {
        return Ok(library);
    }
    let machine = (std::env::consts::OS, std::env::consts::ARCH);
    let platform = PLATFORMS.iter().find(|(system, processor, ..)| (*system, *processor) == machine);
    let (.., platform, digest) = platform.with_context(|| format!("no package is pinned for {machine:?}"))?;
    let aside = tree.target().join("onnxruntime");
    std::fs::create_dir_all(&aside)?;
    // pip itself compares the digest, and refuses anything else.
    let wanted = aside.join("wanted.txt");
    std::fs::write(&wanted, format!("{PACKAGE} --hash=sha256:{digest}\n"))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
    pip.args(["--platform", platform, "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"]);
    command::run(pip.arg("--dest").arg(&aside).arg("--requirement").arg(&wanted))?;
    let package = only(&aside, |name| name.ends_with(".whl"))?;
    let unpacked = aside.join("unpacked");
    std::fs::create_dir_all(&unpacked)?;
    command::run(Command::new("python3").args(["-c", UNPACK]).arg(&package).arg(&unpacked))?;
    put(&only(&unpacked, |name| name.starts_with("libonnxruntime."))?, &folder)?;
    std::fs::remove_dir_all(&aside)?;
    library(&folder).context("the package holds no library")
}

/// Moves the library into its folder so that nobody sees a part of it.
fn put(library: &Path, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let name = library.file_name().context("a library has a name")?;
    let part = folder.join(format!(".part-{}", std::process::id()));
    std::fs::copy(library, &part)?;
    Ok(std::fs::rename(&part, folder.join(name))?)
}

/// The library of the pinned version in a folder.
fn library(folder: &Path) -> Option<PathBuf> {
    let version = PACKAGE.rsplit("==").next()?;
    only(folder, |name| name.starts_with("libonnxruntime.") && name.contains(version)).ok()
}

/// The first file of a folder whose name is of a kind.
fn only(folder: &Path, kind: impl Fn(&str) -> bool) -> anyhow::Result<PathBuf> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&kind) {
            return Ok(entry.path());
        }
    }
    bail!("{} holds nothing of the kind", folder.display())
}
