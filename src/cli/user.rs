//! `hotline user`: accounts from the terminal.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use types::UnitCode;
use work_order::Role;

use crate::app;
use crate::config::Config;
use crate::service::user::{self, NewUser};
use crate::service::{Context, ServiceError, desk_phone};

/// Who the audit trail names for what is done here.
const ACTOR: &str = "hotline user";

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add an account; the password comes from standard input
    Add {
        username: String,
        /// Name shown to colleagues
        #[arg(long)]
        name: String,
        /// Role, may be repeated (agent, dispatcher, unit_contact, sys_admin, …)
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        /// Code of the handling unit (U14)
        #[arg(long)]
        unit: Option<UnitCode>,
    },
    /// Set a password, read from standard input; ends all sessions of the account
    Password { username: String },
    /// Issue a bearer token for a machine that acts as this account; shown once
    Token {
        username: String,
        /// What the token is for
        #[arg(long)]
        label: String,
    },
    /// Issue desk phones their passwords, shown once as `account:password` lines; a gateway knows
    /// them within two seconds
    DeskPhone {
        #[arg(required = true)]
        usernames: Vec<String>,
        /// Take them away instead; registered phones are thrown out
        #[arg(long)]
        withdraw: bool,
    },
    /// List the accounts
    List,
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
pub(super) async fn run(config: &Arc<Config>, command: UserCommand) -> anyhow::Result<()> {
    let ctx = app::command_context(config, app::open_store(config).await?);
    match command {
        UserCommand::Add { username, name, roles, unit } => {
            let password = read_password()?;
            let new = NewUser {
                username: username.clone(),
                display_name: name,
                staff_no: String::new(),
                unit,
                roles,
                reserve: false,
                password,
            };
            user::add(&ctx, ACTOR, new).await.map_err(in_words)?;
            println!("added {username}");
        }
        UserCommand::Password { username } => {
            let password = read_password()?;
            user::set_password(&ctx, ACTOR, &username, &password).await.map_err(in_words)?;
            println!("password of {username} set, all its sessions ended");
        }
        UserCommand::Token { username, label } => {
            let token =
                user::issue_token(&ctx, ACTOR, &username, &label).await.map_err(in_words)?;
            println!("{}", token.reveal());
        }
        UserCommand::DeskPhone { usernames, withdraw } => {
            desk_phones(&ctx, &usernames, withdraw).await?;
        }
        UserCommand::List => list(&ctx).await?,
    }
    ctx.db.close().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
async fn desk_phones(ctx: &Context, usernames: &[String], withdraw: bool) -> anyhow::Result<()> {
    for username in usernames {
        let of_account = |error| in_words(error).context(format!("account {username}"));
        if withdraw {
            desk_phone::withdraw(ctx, ACTOR, username).await.map_err(of_account)?;
            println!("desk phone of {username} withdrawn");
        } else {
            let access = desk_phone::issue(ctx, ACTOR, username).await.map_err(of_account)?;
            println!("{}:{}", access.username, access.password);
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
async fn list(ctx: &Context) -> anyhow::Result<()> {
    for user in user::list(ctx).await? {
        let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
        let unit = user.unit.map(|unit| unit.to_string()).unwrap_or_default();
        let disabled = if user.disabled { " (disabled)" } else { "" };
        let roles = roles.join(" ");
        println!("{:<16} {:<6} {roles:<40} {}{disabled}", user.username, unit, user.display_name);
    }
    Ok(())
}

fn read_password() -> anyhow::Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let mut error = std::io::stderr();
        write!(error, "password (shown as you type): ")?;
        error.flush()?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("cannot read the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("no password on standard input");
    }
    Ok(password)
}

/// What the edge would say, as one line.
fn in_words(error: ServiceError) -> anyhow::Error {
    match error {
        ServiceError::Fields(faults) => {
            let faults: Vec<String> =
                faults.into_iter().map(|f| format!("{}: {}", f.field, f.detail)).collect();
            anyhow::anyhow!(faults.join("; "))
        }
        ServiceError::Refused { detail, .. } => anyhow::anyhow!(detail),
        ServiceError::NotFound(what) => anyhow::anyhow!("没有这个{what}"),
        other => other.into(),
    }
}
