//! Manifests of a new project that are made from those of this tree, so that both build with the same libraries.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// The workspace of the SDK: of this tree's, what the `manifests` of its `members` inherit.
pub(super) fn workspace(ours: &str, manifests: &[&str], members: &[&str]) -> Result<String, toml::de::Error> {
    let mut whole: Table = ours.parse()?;
    let mut kept = take(&mut whole, "workspace");
    let mut wanted = BTreeSet::new();
    for manifest in manifests {
        inherited(&Value::Table(manifest.parse()?), &mut wanted);
    }
    if let Some(Value::Table(dependencies)) = kept.get_mut("dependencies") {
        dependencies.retain(|name, _| wanted.contains(name));
    }
    kept.retain(|key, _| matches!(key, "resolver" | "package" | "dependencies" | "lints"));
    kept.insert("members".into(), members.iter().copied().map(Value::from).collect::<Vec<Value>>().into());
    let sdk: Table = [("workspace".to_owned(), Value::Table(kept))].into_iter().collect();
    Ok(format!("# The SDK as it came with the host; its crates inherit from here.\n{sdk}"))
}

/// Names of dependencies that stand as `NAME.workspace = true` anywhere in a manifest.
fn inherited(value: &Value, names: &mut BTreeSet<String>) {
    let Value::Table(table) = value else { return };
    for (key, value) in table {
        if value.get("workspace").and_then(Value::as_bool) == Some(true) {
            names.insert(key.clone());
        }
        inherited(value, names);
    }
}

/// The lock of a new project: of this tree's, the packages that `roots` reach.
pub(super) fn lock(ours: &str, roots: &[&str]) -> Result<String, toml::de::Error> {
    let mut whole: Table = ours.parse()?;
    let packages = packages(&whole);
    let mut by_name: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    for package in &packages {
        by_name.entry(text(package, "name")).or_default().push(package);
    }
    let mut open: Vec<&str> = roots.to_vec();
    let mut seen = BTreeSet::new();
    while let Some(spelling) = open.pop() {
        let mut words = spelling.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        let named = by_name.get(name).into_iter().flatten();
        for package in named.filter(|package| version.is_none_or(|version| text(package, "version") == version)) {
            if seen.insert((name, text(package, "version"))) {
                let needed = package.get("dependencies").and_then(Value::as_array);
                open.extend(needed.into_iter().flatten().filter_map(Value::as_str));
            }
        }
    }
    let kept = packages.iter().filter(|package| seen.contains(&(text(package, "name"), text(package, "version"))));
    let kept: Vec<Value> = kept.cloned().map(Value::Table).collect();
    whole.insert("package".into(), kept.into());
    Ok(whole.to_string())
}

/// Names of the packages of a lock.
pub(super) fn names(lock: &str) -> Result<Vec<String>, toml::de::Error> {
    Ok(packages(&lock.parse()?).iter().map(|package| text(package, "name").to_owned()).collect())
}

/// How guests are compiled: of this tree's settings, those of the target.
pub(super) fn target_flags(ours: &str) -> Result<String, toml::de::Error> {
    let mut whole: Table = ours.parse()?;
    whole.retain(|key, _| key == "target");
    Ok(format!("# Vector units, and a stack of 64 KiB close to the rest of an instance's memory.\n{whole}"))
}

fn packages(lock: &Table) -> Vec<Table> {
    let listed = lock.get("package").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_table).cloned().collect()
}

fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn take(table: &mut Table, key: &str) -> Table {
    match table.remove(key) {
        Some(Value::Table(inner)) => inner,
        _ => Table::new(),
    }
}
