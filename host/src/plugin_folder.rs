//! The folder of plugin components: every `NAME.wasm` in it is a plugin that deployments can name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sconce_domain::ports::service::PluginStatus;
use sconce_domain::ports::{LoadedPlugin, Plugins};
use sconce_domain::{Clock, Digest, Nanos};
use sconce_ledger::DataDir;

use crate::trust::Trust;

/// What was found in the folder, by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct PluginFolder {
    pub(crate) statuses: Vec<PluginStatus>,
    by_name: BTreeMap<String, Digest>,
}

impl PluginFolder {
    /// Loads every component of the folder and keeps a copy of each in the data directory. One that is refused is
    /// reported; the others go on.
    pub(crate) fn load(
        folder: &Path,
        data_dir: &DataDir,
        plugins: &Arc<dyn Plugins>,
        trust: &Trust,
        clock: &dyn Clock,
    ) -> anyhow::Result<Self> {
        let mut found = PluginFolder::default();
        let entries = std::fs::read_dir(folder)
            .map_err(|error| anyhow::anyhow!("cannot read the plugin folder {}: {error}; build the plugins with `cargo xtask build`, or name another folder with --plugins", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        files.sort();
        for path in files {
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else { continue };
            let loaded = load_one(&path, data_dir, plugins, trust);
            if let Err(reason) = &loaded {
                tracing::error!(plugin = name, reason, "plugin refused");
            }
            found.put(&name, loaded, clock.now());
        }
        Ok(found)
    }

    /// Notes what became of a file. The artefact that it held before stays in force when it is refused.
    pub(crate) fn put(&mut self, name: &str, loaded: Result<LoadedPlugin, String>, now: Nanos) {
        let place = self.statuses.binary_search_by(|status| status.name.as_str().cmp(name)).unwrap_or_else(|place| {
            let fresh = PluginStatus { name: name.to_owned(), plugin: None, error: None, checked_at: now };
            self.statuses.insert(place, fresh);
            place
        });
        let status = &mut self.statuses[place];
        status.checked_at = now;
        match loaded {
            Ok(plugin) => {
                self.by_name.insert(name.to_owned(), plugin.digest);
                (status.plugin, status.error) = (Some(plugin), None);
            }
            Err(reason) => status.error = Some(reason),
        }
    }

    /// Whether the newest file of this name was taken.
    pub(crate) fn is_well(&self, name: &str) -> bool {
        self.statuses.iter().any(|status| status.name == name && status.error.is_none())
    }

    /// Artefacts that names mean at present.
    pub(crate) fn digests(&self) -> impl Iterator<Item = Digest> {
        self.by_name.values().copied()
    }

    /// The artefact that a deployment's `plugin` means: a name of the folder, or a digest.
    pub(crate) fn digest(&self, plugin: &str) -> Option<Digest> {
        self.by_name.get(plugin).copied().or_else(|| plugin.parse().ok())
    }
}

/// The signature beside a component, `NAME.wasm.sig`, if one lies there.
pub(crate) fn signature_beside(path: &Path) -> Option<String> {
    std::fs::read_to_string(path.with_extension("wasm.sig")).ok()
}

fn load_one(
    path: &Path,
    data_dir: &DataDir,
    plugins: &Arc<dyn Plugins>,
    trust: &Trust,
) -> Result<LoadedPlugin, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    trust.take(Digest::of(&bytes), &bytes, signature_beside(path).as_deref()).map_err(|failure| failure.message)?;
    let plugin = plugins.add(&bytes).map_err(|error| error.to_string())?;
    data_dir.put_artifact(&bytes).map_err(|error| format!("cannot keep a copy: {error}"))?;
    Ok(plugin)
}
