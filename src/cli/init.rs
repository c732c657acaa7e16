//! `hotline init`: data folder, tables, secrets, local authority, and the sample county. Safe to repeat:
//! what is there is kept.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use work_order::CountyFiles;

use super::tls;
use crate::app::{self, DataFolder, SECRETS};
use crate::config::Config;
use crate::service::{Context, centre, county};

/// Who the audit trail names for what is done here.
const ACTOR: &str = "hotline init";
/// Where the sample's random password is kept, readable by the owner alone.
const PASSWORD_FILE: &str = "sample-password.txt";

/// The sample county, a part of the program.
pub const SAMPLE: CountyFiles<'static> = CountyFiles {
    holidays: include_str!("../../county/holidays.csv"),
    profile: include_str!("../../county/profiles/county_default.csv"),
    units: include_str!("../../county/units.csv"),
    taxonomy: include_str!("../../county/taxonomy.csv"),
    users: include_str!("../../county/users.csv"),
};

pub(super) async fn run(config: &Arc<Config>, sample: bool) -> anyhow::Result<()> {
    let folder = DataFolder::open(config)?;
    let db = app::open_store(config).await?;
    db.migrate().await?;
    let ctx = app::command_context(config, db);
    centre::create(&ctx).await?;
    say(&format!("database    {} up to date", app::store_name(config)));
    for name in ["link.key", "softphone.key"] {
        make_secret(&ctx, &folder, name)?;
    }
    for line in tls::make(config, &folder, ctx.clock.now())? {
        say(&line);
    }
    if sample {
        load_sample(&ctx, &folder).await?;
    }
    ctx.db.close().await;
    Ok(())
}

/// 32 random bytes as 64 hex characters, unless there are some.
fn make_secret(ctx: &Context, folder: &DataFolder, name: &str) -> anyhow::Result<()> {
    let below = format!("{SECRETS}/{name}");
    if !is_filled(&folder.path().join(&below)) {
        let path = folder.write_secret(&below, &hex::encode(ctx.random.bytes::<32>()))?;
        say(&format!("secret      {} made", path.display()));
    }
    Ok(())
}

async fn load_sample(ctx: &Context, folder: &DataFolder) -> anyhow::Result<()> {
    let (county, loaded) = county::load(ctx, ACTOR, &SAMPLE).await?;
    say(&format!("county      青源县: {} units, {} new data files", loaded.units, loaded.files));
    let mut seeds = county.users;
    seeds.extend(county.rules.units.accounts());
    if !county::users_missing(ctx, &seeds).await? {
        say(&format!("accounts    {} there already, passwords kept", seeds.len()));
        return Ok(());
    }
    let (password, told) = sample_password(ctx, folder)?;
    let added = county::add_users(ctx, ACTOR, &seeds, &password).await?;
    say(&format!("accounts    {} added, {} kept", added.users_added, added.users_kept));
    say(&told);
    Ok(())
}

/// The password of the sample's accounts, and what to say of it.
fn sample_password(ctx: &Context, folder: &DataFolder) -> anyhow::Result<(String, String)> {
    let given = ctx.config.sample.password.reveal();
    if !given.is_empty() {
        let least = ctx.config.auth.password_len_min;
        if given.chars().count() < least {
            bail!(
                "HOTLINE_SAMPLE_PASSWORD must have at least {least} characters (auth.password_len_min)"
            );
        }
        return Ok((given.to_owned(), "password    as HOTLINE_SAMPLE_PASSWORD says".to_owned()));
    }
    let path = folder.path().join(PASSWORD_FILE);
    if is_filled(&path) {
        let kept = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        return Ok((kept.trim().to_owned(), format!("password    as in {}", path.display())));
    }
    let password = hex::encode(ctx.random.bytes::<8>());
    folder.write_secret(PASSWORD_FILE, &format!("{password}\n"))?;
    let told = format!("password    {password}   (kept in {})", path.display());
    Ok((password, told))
}

fn is_filled(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
fn say(line: &str) {
    println!("{line}");
}
