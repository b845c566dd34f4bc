//! The table in the README is the catalogue; `SCONCE_BLESS=1` rewrites it.

use std::fmt::Write as _;
use std::path::Path;

use sconce_indicators::{CatalogueEntry, catalogue};

const BEGIN: &str = "<!-- catalogue:begin -->\n";
const END: &str = "<!-- catalogue:end -->";

fn rendered() -> String {
    let mut table = String::from("\n| Column | Example | Definition | Unit | First | Memory | Source |\n");
    table.push_str("|---|---|---|---|---|---|---|\n");
    for entry in catalogue() {
        let example = example(entry);
        let CatalogueEntry { definition, unit, first_index, memory, source, .. } = entry;
        let definition = definition.replace('|', "\\|");
        let pattern = entry.pattern();
        writeln!(table, "| `{pattern}` | {example} | {definition} | {unit} | {first_index} | {memory} | {source} |")
            .expect("writing to a string");
    }
    table + "\n"
}

fn example(entry: &CatalogueEntry) -> String {
    match entry.alias {
        Some(alias) => format!("`{}`, also `{alias}`", entry.example),
        None => format!("`{}`", entry.example),
    }
}

#[test]
fn readme_holds_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = text.split_once(BEGIN).expect("begin mark");
    let (table, after) = rest.split_once(END).expect("end mark");
    if std::env::var_os("SCONCE_BLESS").is_some() {
        let text = [before, BEGIN, &rendered(), END, after].concat();
        std::fs::write(path, text).expect("README.md is writable");
        return;
    }
    assert_eq!(table, rendered(), "run the test once with SCONCE_BLESS=1");
}
