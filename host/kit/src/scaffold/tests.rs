//! Names, files, and that nothing is ever overwritten.

use std::collections::BTreeSet;

use super::*;

#[test]
fn names_fit_a_crate_and_a_plugin() {
    let check = |name: &str, good: bool| assert_eq!(check_name(name).is_ok(), good, "{name}");
    for name in ["a", "ma-cross", "x2", "momentum-15m", &"a".repeat(64)] {
        check(name, true);
    }
    for name in [
        "",
        "-a",
        "a-",
        "a--b",
        "2x",
        "Ma",
        "ma_cross",
        "ma cross",
        "../x",
        "a/b",
        "ü",
        "a\n",
        "match",
        "test",
        "core",
        "serde",
        "sconce-sdk",
        "wit-bindgen",
        &"a".repeat(65),
    ] {
        check(name, false);
    }
}

#[test]
fn every_manifest_finds_what_it_inherits() {
    let files = embedded::files("ma-cross", Lang::Rust).expect("whole");
    let table = |path: &str| -> toml::Table {
        let file = files.iter().find(|file| file.path == Path::new(path)).expect(path);
        std::str::from_utf8(&file.bytes).expect("text").parse().expect("toml")
    };
    let workspace = table("sdk/Cargo.toml")["workspace"].clone();
    for member in workspace["members"].as_array().expect("members") {
        let manifest = table(&format!("sdk/{}/Cargo.toml", member.as_str().expect("a path")));
        for part in ["dependencies", "dev-dependencies"] {
            for (name, spec) in manifest.get(part).and_then(toml::Value::as_table).into_iter().flatten() {
                let inherits = spec.get("workspace").is_some();
                assert!(!inherits || workspace["dependencies"].get(name).is_some(), "{member}: {name}");
            }
        }
        assert_eq!(manifest["package"]["version"]["workspace"].as_bool(), Some(true));
    }
    let names: BTreeSet<&str> =
        workspace["dependencies"].as_table().expect("a table").keys().map(String::as_str).collect();
    assert!(names.contains("wit-bindgen") && !names.contains("wasmtime") && !names.contains("sqlx"), "{names:?}");
    let lock = table("Cargo.lock");
    let locked: BTreeSet<&str> =
        lock["package"].as_array().expect("packages").iter().filter_map(|package| package["name"].as_str()).collect();
    assert!(locked.contains("postcard") && locked.contains("sconce-sdk-macros") && !locked.contains("wasmtime"));
}

/// Every source of the SDK lies below `sdk/` as it lies in this tree, and nothing else does.
#[test]
fn the_sdk_comes_along_whole() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = embedded::files("ma-cross", Lang::Rust).expect("whole");
    let mut open: Vec<PathBuf> =
        ["plugin-sdk/src", "plugin-sdk/macros/src", "plugin-sdk/indicators/src", "wit"].map(PathBuf::from).to_vec();
    let mut sources = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(tree.join(&folder)).expect("readable") {
            let path = folder.join(entry.expect("readable").file_name());
            if tree.join(&path).is_dir() {
                open.push(path);
                continue;
            }
            let copy = files.iter().find(|file| file.path == Path::new("sdk").join(&path));
            let bytes = copy.map(|file| file.bytes.as_slice());
            assert_eq!(bytes, fs::read(tree.join(&path)).ok().as_deref(), "{}", path.display());
            sources += 1;
        }
    }
    let sdk = files.iter().filter(|file| file.path.starts_with("sdk")).count();
    // Besides the sources: five manifests and READMEs, two licences, the workspace.
    assert_eq!(sdk, sources + 8);
}

/// A script's project holds the SDK of its language as it lies in this tree, and the same cases as every other.
#[test]
fn each_language_has_its_own_sdk_and_the_same_cases() {
    let check = |lang: Lang, sdk: &str, own: &[&str]| {
        let files = embedded::files("ma-cross", lang).expect("whole");
        let text = |path: &str| {
            let file = files.iter().find(|file| file.path == Path::new(path));
            String::from_utf8(file.unwrap_or_else(|| panic!("{path} of {lang:?}")).bytes.clone()).expect("text")
        };
        let whole =
            |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("readable");
        assert_eq!(text("cases/crossing.json"), whole("template/shared/cases/crossing.json"));
        assert_eq!(text(&format!("sdk/{sdk}")), whole(&format!("../../{sdk}")));
        assert!(own.iter().any(|path| text(path).contains("ma-cross")), "{lang:?} is named");
        assert!(files.iter().all(|file| !String::from_utf8_lossy(&file.bytes).contains("{{name}}")), "{lang:?}");
        let foreign = ["plugin-sdk/src", "plugin-sdk/python", "plugin-sdk/js"].into_iter();
        let foreign = foreign.filter(|folder| !sdk.starts_with(folder)).map(|folder| Path::new("sdk").join(folder));
        for folder in foreign {
            assert!(!files.iter().any(|file| file.path.starts_with(&folder)), "{lang:?}: {}", folder.display());
        }
    };
    check(Lang::Rust, "plugin-sdk/src/lib.rs", &["Cargo.toml", "config.schema.json"]);
    check(Lang::Python, "plugin-sdk/python/sconce_sdk/__init__.py", &["pyproject.toml", "src/config.schema.json"]);
    check(Lang::JavaScript, "plugin-sdk/js/src/index.js", &["package.json", "src/config.schema.json"]);
    check(Lang::TypeScript, "plugin-sdk/js/index.d.ts", &["package.json", "src/config.schema.json"]);
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_behind() {
    let home = tempfile::TempDir::new().expect("a folder");
    let folder = home.path().join("deep/ma-cross");
    let paths = create("ma-cross", Lang::Rust, &folder).expect("is written");
    for path in ["Cargo.toml", ".gitignore", ".cargo/config.toml", "src/lib.rs", "sdk/wit/0.1.0/strategy.wit"] {
        assert!(paths.contains(&PathBuf::from(path)) && folder.join(path).is_file(), "{path}");
    }
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("readable");
    assert!(manifest.contains("name = \"ma-cross\""), "{manifest}");
    assert!(matches!(create("ma-cross", Lang::Rust, &folder), Err(ScaffoldError::Exists(_))));
    assert_eq!(fs::read_to_string(folder.join("Cargo.toml")).expect("readable"), manifest);

    let file = home.path().join("file");
    fs::write(&file, "mine").expect("writable");
    assert!(create("ma-cross", Lang::Rust, &file.join("below")).is_err(), "a file is no folder");
    assert!(matches!(create("ma-cross", Lang::Rust, &file), Err(ScaffoldError::Exists(_))));
    assert!(create("Bad", Lang::Rust, &home.path().join("bad")).is_err() && !home.path().join("bad").exists());
    let deep: Vec<_> = fs::read_dir(folder.parent().expect("deep")).expect("readable").collect();
    assert_eq!(deep.len(), 1, "{deep:?}");
}
