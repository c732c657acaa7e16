//! Two configurations' `[acd]` sections: what a comparison sets against each other.

use std::path::Path;

use anyhow::Context as _;

use crate::config::Config;

/// A section `[acd]` as settings by their keys.
pub(super) fn table_of(acd: &acd::Config) -> anyhow::Result<toml::Table> {
    toml::Table::try_from(acd).context("话务分配的配置无法转写")
}

/// The `[acd]` of a configuration file, checked as the server would check the whole file.
pub(super) fn acd_of(file: &Path) -> anyhow::Result<acd::Config> {
    let config = Config::load(Some(file))
        .with_context(|| format!("配置文件 {} 不能使用", file.display()))?;
    Ok(config.acd)
}

/// Keys in which `new` differs from `old`.
pub(super) fn changed(old: &toml::Table, new: &toml::Table) -> Vec<String> {
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    keys.filter(|key| old.get(*key) != new.get(*key)).cloned().collect()
}

/// The same for a reader.
pub(super) fn told(old: &toml::Table, new: &toml::Table) -> Vec<String> {
    let shown = |table: &toml::Table, key: &str| {
        table.get(key).map_or("无".to_owned(), ToString::to_string)
    };
    let line = |key: &String| format!("{key}：{} → {}", shown(old, key), shown(new, key));
    changed(old, new).iter().map(line).collect()
}
