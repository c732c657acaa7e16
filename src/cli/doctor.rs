//! `hotline doctor`: looks at everything a start needs and says what to do.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use types::Timestamp;

use crate::app::{self, DataFolder, SECRETS, TLS};
use crate::config::Config;
use crate::service::{Context, county, health};

/// What one look found.
enum Finding {
    Fine(String),
    /// Works, but a person should know.
    Note(String),
    Fault(String),
}

pub(super) async fn run(config: &Arc<Config>) -> anyhow::Result<()> {
    let mut findings = vec![folder(config)];
    findings.extend(secrets(config));
    findings.extend(ports(config));
    findings.push(pages(&config.http.pages_dir));
    findings.extend(store(config).await);
    let faults = findings.iter().filter(|found| matches!(found, Finding::Fault(_))).count();
    findings.iter().for_each(say);
    if faults > 0 {
        bail!("{faults} fault(s)");
    }
    Ok(())
}

fn folder(config: &Config) -> Finding {
    match DataFolder::open(config) {
        Ok(folder) => {
            Finding::Fine(format!("data folder {} can be written", folder.path().display()))
        }
        Err(error) => Finding::Fault(error.to_string()),
    }
}

fn secrets(config: &Config) -> Vec<Finding> {
    let mut needed = vec![format!("{SECRETS}/link.key"), format!("{SECRETS}/softphone.key")];
    if config.http.tls && config.tls.certificate.as_os_str().is_empty() {
        needed.push(format!("{TLS}/server.pem"));
    }
    needed
        .iter()
        .map(|below| config.data_path(below))
        .map(|path| match path.exists() {
            true => Finding::Fine(format!("{} is there", path.display())),
            false => Finding::Fault(format!("{} is missing: run `hotline init`", path.display())),
        })
        .collect()
}

fn ports(config: &Config) -> Vec<Finding> {
    let mut wanted = vec![("http.port", config.http.port)];
    if config.http.tls {
        wanted.push(("http.tls_port", config.http.tls_port));
    }
    let look = |(key, port): (&str, u16)| match TcpListener::bind(SocketAddr::new(
        config.http.bind,
        port,
    )) {
        Ok(_) => Finding::Fine(format!("port {port} ({key}) is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::Note(format!(
            "port {port} ({key}) is taken: fine if hotline is running, else set {key} to another"
        )),
        Err(error) => Finding::Fault(format!("port {port} ({key}): {error}")),
    };
    wanted.into_iter().map(look).collect()
}

fn pages(folder: &Path) -> Finding {
    match folder.join("index.html").exists() {
        true => Finding::Fine(format!("pages in {}", folder.display())),
        false => Finding::Note(format!(
            "no pages in {} (http.pages_dir): run `npm ci && npm run build` in dashboards",
            folder.display()
        )),
    }
}

async fn store(config: &Arc<Config>) -> Vec<Finding> {
    let name = app::store_name(config);
    let db = match app::open_store(config).await {
        Ok(db) => db,
        Err(error) => return vec![Finding::Fault(error.to_string())],
    };
    match db.migrations_missing().await {
        Ok(0) => {}
        Ok(missing) => {
            let what = format!("{name} lacks {missing} migration(s): run `hotline migrate`");
            return vec![Finding::Fault(what)];
        }
        Err(error) => return vec![Finding::Fault(format!("{name}: {error}"))],
    }
    let ctx = app::command_context(config, db);
    let mut findings = health_of(&ctx, &name).await;
    findings.push(calendar(&ctx).await);
    ctx.db.close().await;
    findings
}

async fn health_of(ctx: &Context, name: &str) -> Vec<Finding> {
    let now = ctx.clock.now();
    let health = match health::look(ctx).await {
        Ok(health) => health,
        Err(error) => return vec![Finding::Fault(format!("{name}: {error}"))],
    };
    let mut findings = vec![Finding::Fine(format!("{name} takes writes, all migrations run"))];
    findings.push(clock(now, health.newest_write));
    findings.push(match health.jobs_failed {
        0 => Finding::Fine("no job was set aside".to_owned()),
        failed => {
            Finding::Fault(format!("{failed} job(s) were set aside as failed: see job.last_error"))
        }
    });
    if health.jobs_overdue > 0 {
        let what = format!("{} job(s) are overdue by more than a minute", health.jobs_overdue);
        findings.push(Finding::Note(what));
    }
    findings
}

/// The clock must not be behind what was written before.
fn clock(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    match newest {
        Some(newest) if newest > now => Finding::Fault(format!(
            "the clock says {now}, but the database was written at {newest}: set the clock (NTP)"
        )),
        _ => Finding::Fine(format!("clock says {now}")),
    }
}

async fn calendar(ctx: &Context) -> Finding {
    match county::rules(ctx).await {
        Ok(rules) => match rules.calendar.alarm(ctx.clock.business_now()) {
            None => Finding::Fine("the calendar has the years it needs".to_owned()),
            Some(missing) => Finding::Fault(missing.to_string()),
        },
        Err(error) => Finding::Note(format!("no county loaded: {error}")),
    }
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
fn say(finding: &Finding) {
    match finding {
        Finding::Fine(what) => println!("ok     {what}"),
        Finding::Note(what) => println!("note   {what}"),
        Finding::Fault(what) => println!("FAULT  {what}"),
    }
}
