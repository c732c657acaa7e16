//! Which part may know which: between packages by `cargo metadata`, inside the server by its `use` lines.

use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use crate::sources::Source;

/// Package -> packages it must not depend on.
const PACKAGES: &[(&str, &[&str])] = &[
    ("types", &["tokio", "axum", "rand", "acd", "work-order", "gateway-protocol"]),
    ("acd", &["tokio", "sqlx", "axum", "rand", "hotline", "sip-gateway", "work-order"]),
    ("work-order", &["tokio", "sqlx", "axum", "rand", "hotline", "sip-gateway", "acd"]),
    ("call", &["tokio", "sqlx", "axum", "rand", "hotline", "acd", "work-order"]),
    ("simulation", &["tokio", "sqlx", "axum", "hotline", "sip-gateway", "work-order"]),
    ("figures", &["tokio", "sqlx", "axum", "rand", "hotline", "sip-gateway", "work-order"]),
    ("staffing", &["tokio", "sqlx", "axum", "rand", "hotline", "sip-gateway"]),
    ("rate-controller", &["tokio", "sqlx", "axum", "rand", "hotline", "sip-gateway", "work-order"]),
    ("gateway-protocol", &["tokio", "sqlx", "axum", "rand", "hotline", "sip-gateway"]),
    ("hotline", &["sip-gateway", "call"]),
    ("sip-gateway", &["hotline", "acd", "work-order", "sqlx"]),
];

/// Folder of the server -> what its files must not name.
const MODULES: &[(&str, &[&str])] = &[
    ("src/api", &["sqlx", "crate::store", "crate::app", "crate::cli"]),
    ("src/service", &["sqlx", "axum", "crate::api", "crate::app"]),
    ("src/store", &["axum", "crate::api", "crate::service", "crate::app", "crate::acd_host"]),
    ("src/bus", &["sqlx", "axum", "crate::api", "crate::service", "crate::store"]),
    ("src/jobs", &["sqlx", "axum", "crate::api", "crate::app"]),
    ("src/config", &["sqlx", "axum", "crate::api", "crate::service", "crate::store"]),
];

pub fn between_packages() -> anyhow::Result<Vec<String>> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let mut broken = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, forbidden)) = PACKAGES.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let of_tests = dependency["kind"] == "dev";
            if forbidden.contains(&to) && !of_tests && dependency["optional"] != true {
                broken.push(format!("{name} must not depend on {to}"));
            }
        }
    }
    Ok(broken)
}

pub fn inside_server(files: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        let room = |folder: &str| {
            file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '.']))
        };
        let Some((_, forbidden)) = MODULES.iter().find(|(folder, _)| room(folder)) else {
            continue;
        };
        if file.path.ends_with("tests.rs") || file.path.contains("/tests/") {
            continue;
        }
        let code = file.text.lines().take_while(|line| *line != "#[cfg(test)]").enumerate();
        for (at, line) in code.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for name in forbidden.iter().filter(|name| names(line, name)) {
                broken.push(format!("{}:{}: must not know {name}", file.path, at + 1));
            }
        }
    }
    broken
}

/// Whether `line` names `module` as a path of its own.
fn names(line: &str, module: &str) -> bool {
    line.match_indices(module).any(|(at, _)| {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let before = line[..at].chars().next_back().is_some_and(word);
        let after = &line[at + module.len()..];
        !before && (after.starts_with("::") || after.starts_with(';'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_broken_arrow_is_named_with_its_line() {
        let files = [
            file("src/api/session.rs", "//! sqlx::x\n\nuse crate::store::Db;\n"),
            file("src/api.rs", "use sqlx::query;\n#[cfg(test)]\nuse crate::store::Db;\n"),
            file("src/store/user.rs", "use sqlx::query;\n"),
            file("src/app.rs", "use crate::store::Db;\n"),
        ];
        assert_eq!(
            inside_server(&files),
            [
                "src/api/session.rs:3: must not know crate::store",
                "src/api.rs:1: must not know sqlx"
            ]
        );
    }
}
