//! Compiled code of large components, kept between two commands of an author: an interpreter takes ten seconds to compile,
//! and every command would compile it again. Whoever can write there can write what runs here, so the folder is the
//! user's own and never that of a project.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// Components from this size on are worth it; smaller ones compile while one looks.
const LARGE: u64 = 1 << 20;
/// Newest files that are kept; each component has two, code and digest.
const KEPT: usize = 8;

/// Whether the compiled code of the file is to be kept.
pub fn is_large(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| found.len() >= LARGE)
}

/// Makes the folder, for its owner alone, and leaves the newest of its files.
///
/// # Errors
/// The disk refuses.
pub fn tidy(folder: &Path) -> io::Result<()> {
    let mut make = fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let changed = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        files.push((changed, entry.path()));
    }
    files.sort();
    for (_, old) in files.iter().rev().skip(KEPT) {
        // Another command may be as quick.
        let _ = fs::remove_file(old);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_newest_files_are_left() {
        let home = tempfile::TempDir::new().expect("a folder");
        let folder = home.path().join("deep/compiled");
        tidy(&folder).expect("is made");
        for number in 0..KEPT as u64 + 3 {
            let file = fs::File::create(folder.join(format!("{number}.cwasm"))).expect("writable");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(number)).expect("writable");
        }
        tidy(&folder).expect("is tidied");
        let mut left: Vec<_> = fs::read_dir(&folder).expect("readable").map(|e| e.expect("readable").path()).collect();
        left.sort();
        assert_eq!(left.len(), KEPT);
        assert!(!left.contains(&folder.join("2.cwasm")) && left.contains(&folder.join("3.cwasm")), "{left:?}");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&folder).expect("is there").permissions());
            assert_eq!(mode & 0o077, 0);
        }
    }
}
