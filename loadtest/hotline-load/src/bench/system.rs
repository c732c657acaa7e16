//! A hotline under test: server and gateway as real processes with data and ports of their own. What
//! takes long to make (thousands of accounts) is made once and copied for every run.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use hotline_phone::sip::digest::Credentials;
use tempfile::TempDir;

use super::process::{self, Program, answers_200, until};
use super::{Bench, tell};
use crate::cli::read_credentials;
use crate::measure::Watched;
use crate::page::Page;
use crate::run::Target;

const PASSWORD: &str = "qingyuan-bench-2026";
const DOMAIN: &str = "hotline.local";
const START_LIMIT_S: u64 = 60;
/// Accounts whose desk phones get a password by one command.
const PHONES_AT_ONCE: usize = 500;

/// Where a hotline keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What a run wants of the system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) store: Store,
    /// Agents with desk phones.
    pub(super) agents: u32,
    pub(super) recorded: bool,
}

/// What else a run sets, beyond what all runs share.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    /// Settings of the server, which win over the others.
    pub(super) settings: Vec<(&'static str, String)>,
    /// Where calls to citizens go.
    pub(super) outbound: Option<SocketAddrV4>,
}

/// Both programs.
#[derive(Debug)]
pub(super) struct System {
    // In the order in which they end.
    gateway: Program,
    server: Program,
    sip: SocketAddrV4,
    http: SocketAddrV4,
    database: Option<Database>,
    phones: PathBuf,
    /// Of the server, for commands beside it.
    environment: BTreeMap<&'static str, String>,
    #[expect(dead_code, reason = "removes the folder when it goes")]
    data: TempDir,
}

/// A database of one run.
#[derive(Debug)]
struct Database {
    server_url: String,
    name: String,
    pid: Option<u32>,
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        if let Err(error) = psql(&self.server_url, &sql) {
            tell(&format!("database {} is left behind: {error:#}", self.name));
        }
    }
}

impl Bench {
    /// The stores that can be measured here.
    pub(super) fn stores(&self) -> Vec<Store> {
        let mut stores = vec![Store::Sqlite];
        if self.options.postgres.is_some() {
            stores.push(Store::Postgres);
        }
        stores
    }

    /// Whether the programs know a setting: it stands in `config.default.toml`.
    pub(super) fn knows(&self, section: &str, key: &str) -> anyhow::Result<bool> {
        let text = fs::read_to_string(self.options.root.join("config.default.toml"))?;
        let settings: toml::Table = text.parse()?;
        let section = settings.get(section).and_then(toml::Value::as_table);
        Ok(section.is_some_and(|section| section.contains_key(key)))
    }

    /// Starts a hotline.
    pub(super) fn start_system(&self, wanted: Wanted) -> anyhow::Result<System> {
        self.start_system_with(wanted, &Extra::default())
    }

    /// Starts a hotline with settings of its own.
    pub(super) fn start_system_with(
        &self,
        wanted: Wanted,
        extra: &Extra,
    ) -> anyhow::Result<System> {
        let base = self.base(wanted)?;
        let data = tempfile::Builder::new().prefix("hotline-bench-").tempdir()?;
        let mut copy = Command::new("cp");
        process::output(copy.arg("-a").arg(base.join(".")).arg(data.path()), "")?;
        let database = match wanted.store {
            Store::Sqlite => None,
            Store::Postgres => Some(self.database_from(&base_name(wanted.agents))?),
        };
        let url = database.as_ref().map_or(Ok(String::new()), |one| self.url_of(&one.name))?;
        let mut environment = self.environment(data.path(), &url, wanted)?;
        environment.extend(extra.settings.iter().cloned());
        let bin = &self.options.bin;
        let mut command = Command::new(bin.join("hotline"));
        command.arg("serve").envs(&environment).current_dir(&self.options.root);
        let log = |name: &str| self.options.out.join("raw").join(name);
        let mut server = Program::start("hotline", &mut command, &log("server.log"))?;
        let http = port_in(&data.path().join("ports.json"), "http", &mut server)?;
        until("the server is ready", START_LIMIT_S, || {
            server.check_alive()?;
            Ok(answers_200(http, "/readyz").then_some(()))
        })?;
        let config = data.path().join("gateway.toml");
        fs::write(&config, gateway_config(http, &self.options.root, extra.outbound))?;
        let mut command = Command::new(bin.join("sip-gateway"));
        command.arg("--config").arg(&config).envs(&environment).current_dir(&self.options.root);
        let mut gateway = Program::start("sip-gateway", &mut command, &log("gateway.log"))?;
        let ports = data.path().join("gateway-ports.json");
        let sip = port_in(&ports, "sip_udp", &mut gateway)?;
        let gateway_http = port_in(&ports, "http", &mut gateway)?;
        until("the gateway is ready", START_LIMIT_S, || {
            gateway.check_alive()?;
            Ok(answers_200(gateway_http, "/readyz").then_some(()))
        })?;
        let (sip, http) = (
            SocketAddrV4::new(Ipv4Addr::LOCALHOST, sip),
            SocketAddrV4::new(Ipv4Addr::LOCALHOST, http),
        );
        let phones = base.join("desk-phones.txt");
        Ok(System { gateway, server, sip, http, database, phones, environment, data })
    }

    /// The data folder that runs are copied from, made if it is not there.
    fn base(&self, wanted: Wanted) -> anyhow::Result<PathBuf> {
        let name = format!("base-{}-{}", wanted.store.word(), wanted.agents);
        let folder = self.options.out.join(&name);
        let done = folder.join("desk-phones.txt");
        if done.exists() && (wanted.store == Store::Sqlite || self.has_base(wanted.agents)?) {
            return Ok(folder);
        }
        tell(&format!("making {} agents ({})", wanted.agents, wanted.store.word()));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let url = match wanted.store {
            Store::Sqlite => String::new(),
            Store::Postgres => {
                let name = base_name(wanted.agents);
                psql(self.postgres()?, &format!("drop database if exists {name} with (force)"))?;
                psql(self.postgres()?, &format!("create database {name}"))?;
                self.url_of(&name)?
            }
        };
        let environment = self.environment(&folder, &url, wanted)?;
        let hotline = |arguments: &[&str], input: &str| {
            let mut command = Command::new(self.options.bin.join("hotline"));
            command.args(arguments).envs(&environment);
            process::output(command.current_dir(&self.options.root), input)
        };
        hotline(&["init", "--sample"], "")?;
        let names: Vec<String> = (1..=wanted.agents).map(|n| format!("desk{n:05}")).collect();
        for name in &names {
            hotline(&["user", "add", name, "--name", name, "--role", "agent"], PASSWORD)?;
        }
        let mut phones = String::new();
        for some in names.chunks(PHONES_AT_ONCE) {
            let mut arguments = vec!["user", "desk-phone"];
            arguments.extend(some.iter().map(String::as_str));
            phones.push_str(&hotline(&arguments, "")?);
        }
        fs::write(&done, phones)?;
        Ok(folder)
    }

    /// The settings of a run. A switch that the programs do not have is left out; who needs it has
    /// asked [`Bench::knows`] before.
    fn environment(
        &self,
        data: &Path,
        database: &str,
        wanted: Wanted,
    ) -> anyhow::Result<BTreeMap<&'static str, String>> {
        let mut environment = fixed_settings(data, database);
        if self.knows("calls", "desk_phones_ready")? {
            environment.insert("HOTLINE__CALLS__DESK_PHONES_READY", "true".to_owned());
        }
        if !wanted.recorded && self.knows("acd", "record")? {
            environment.insert("HOTLINE__ACD__RECORD", "false".to_owned());
        }
        Ok(environment)
    }

    fn postgres(&self) -> anyhow::Result<&str> {
        self.options.postgres.as_deref().context("--postgres is needed")
    }

    fn has_base(&self, agents: u32) -> anyhow::Result<bool> {
        let name = base_name(agents);
        let sql = format!("select count(*) from pg_database where datname = '{name}'");
        Ok(psql(self.postgres()?, &sql)?.trim() == "1")
    }

    fn database_from(&self, base: &str) -> anyhow::Result<Database> {
        let server_url = self.postgres()?.to_owned();
        let name = format!("bench_{}_{}", std::process::id(), crate::clock::wall_ns());
        psql(&server_url, &format!("create database {name} template {base}"))?;
        Ok(Database { server_url, name, pid: self.options.postgres_pid })
    }

    fn url_of(&self, name: &str) -> anyhow::Result<String> {
        let url = self.postgres()?;
        let (server, _) = url.rsplit_once('/').context("--postgres must end in /database")?;
        Ok(format!("{server}/{name}"))
    }
}

impl System {
    /// Where the load goes and what is watched: `hotline`, `gateway`, `postgres`.
    pub(super) fn target(&self) -> anyhow::Result<Target> {
        let one = |name: &str, pid| Watched { name: name.to_owned(), pid, with_children: false };
        let mut watched =
            vec![one("hotline", self.server.pid()), one("gateway", self.gateway.pid())];
        if let Some(database) = &self.database {
            let pid = database.pid.context("--postgres-pid is needed to count its backends")?;
            watched.push(Watched { name: "postgres".to_owned(), pid, with_children: true });
        }
        let credentials = read_credentials(&fs::read_to_string(&self.phones)?)?;
        let (peer, http) = (self.sip, Some(self.http));
        Ok(Target { peer, http, domain: DOMAIN.to_owned(), credentials, watched })
    }

    /// The same for agents at browsers: they sign in with their own passwords.
    pub(super) fn target_of_pages(&self) -> anyhow::Result<Target> {
        let mut target = self.target()?;
        for who in &mut target.credentials {
            PASSWORD.clone_into(&mut who.password);
        }
        Ok(target)
    }

    /// Starts a command of `hotline` on the same data, beside the server.
    pub(super) fn beside(&self, bench: &Bench, arguments: &[&str]) -> anyhow::Result<Program> {
        let mut command = Command::new(bench.options.bin.join("hotline"));
        command.args(arguments).envs(&self.environment).current_dir(&bench.options.root);
        let log = bench.options.out.join("raw").join("beside.log");
        Program::start("hotline, the command beside the server", &mut command, &log)
    }

    /// Somebody of the sample county as she signs in.
    pub(super) fn person(&self, user: &str) -> anyhow::Result<Page> {
        let who = Credentials { user: user.to_owned(), password: PASSWORD.to_owned() };
        Page::sign_in(self.http, &who)
    }

    /// # Errors
    /// One of the programs has ended meanwhile.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        self.server.check_alive()?;
        self.gateway.check_alive()
    }
}

fn base_name(agents: u32) -> String {
    format!("bench_base_{agents}")
}

fn psql(url: &str, sql: &str) -> anyhow::Result<String> {
    let mut command = Command::new("psql");
    command.args([url, "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", sql]);
    process::output(&mut command, "")
}

/// Settings of both programs. Syncs, journal, jobs and logs stay as they are delivered.
fn fixed_settings(data: &Path, database: &str) -> BTreeMap<&'static str, String> {
    let data = data.display().to_string();
    BTreeMap::from([
        ("HOTLINE_DATA", data),
        ("HOTLINE_SAMPLE_PASSWORD", PASSWORD.to_owned()),
        ("HOTLINE__HTTP__PORT", "0".to_owned()),
        ("HOTLINE__HTTP__TLS", "false".to_owned()),
        ("HOTLINE__SOFTPHONE__WS_PORT", "0".to_owned()),
        ("HOTLINE__SOFTPHONE__WSS_PORT", "0".to_owned()),
        ("HOTLINE__DATABASE__URL", database.to_owned()),
        // Accounts are made, and signed in, by the thousand.
        ("HOTLINE__AUTH__ARGON2_MEMORY_KIB", "64".to_owned()),
        ("HOTLINE__AUTH__ARGON2_PASSES", "1".to_owned()),
        // Agents are free at once, as in the peer's runs; announcements would be mixed into probes.
        ("HOTLINE__ACD__WRAP_UP_MS", "1".to_owned()),
        ("HOTLINE__ACD__NOTICE", "[]".to_owned()),
        ("HOTLINE__ACD__QUEUE_LEN_MAX", "20000".to_owned()),
        ("HOTLINE__ACD__MUSIC_AFTER_MS", "1000".to_owned()),
    ])
}

fn gateway_config(http: u16, root: &Path, outbound: Option<SocketAddrV4>) -> String {
    let prompts = root.join("prompts");
    let outbound = outbound.map(|address| format!("[gateway.outbound]\naddress = \"{address}\"\n"));
    let outbound = outbound.unwrap_or_default();
    format!(
        "[gateway]\nserver_url = \"ws://127.0.0.1:{http}/api/v1/gateway-link\"\nbind = \"127.0.0.1\"\nmax_new_calls_per_s = 100000\n\
         [gateway.http]\nport = 0\n\
         [gateway.sip]\nudp_port = 0\ntcp_port = 0\nws_port = 0\nwss_port = 0\n\
         messages_per_s = 1000000\nmessages_burst = 1000000\n\
         [gateway.media]\nwebrtc_port = 0\nprompts_dir = {prompts:?}\n\
         [[gateway.trunks]]\nname = \"load\"\nsources = [\"127.0.0.0/8\"]\nnumbers = [\"12345\"]\n\
         calls_max = 100000\n{outbound}"
    )
}

fn port_in(file: &Path, name: &str, program: &mut Program) -> anyhow::Result<u16> {
    let what = format!("{} written", file.display());
    until(&what, START_LIMIT_S, || {
        program.check_alive()?;
        let Ok(text) = fs::read_to_string(file) else { return Ok(None) };
        let Ok(ports) = serde_json::from_str::<BTreeMap<String, u16>>(&text) else {
            return Ok(None);
        };
        match ports.get(name) {
            Some(port) => Ok(Some(*port)),
            None => bail!("{} has no port `{name}`", file.display()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_file_is_toml_with_one_trunk() {
        let table: toml::Table = gateway_config(8_080, Path::new("/p q"), None).parse().unwrap();
        let gateway = table["gateway"].as_table().unwrap();
        assert!(!gateway.contains_key("outbound"));
        assert_eq!(gateway["trunks"].as_array().unwrap().len(), 1);
        assert_eq!(gateway["media"]["prompts_dir"].as_str(), Some("/p q/prompts"));
        let citizens = Some("127.0.0.1:5099".parse().unwrap());
        let table: toml::Table = gateway_config(1, Path::new("/"), citizens).parse().unwrap();
        assert_eq!(table["gateway"]["outbound"]["address"].as_str(), Some("127.0.0.1:5099"));
    }
}
