//! The county's data: taxonomy, units, calendar, limits; and the accounts of the sample.
//!
//! Owns: loading files into the store as a new version, [`rules`] as the cores need them.

use std::sync::{Arc, Mutex, PoisonError};

use types::{AuditId, UserId};
use work_order::{County, CountyFiles, Rules, UserSeed};

use super::away::or_known;
use super::{Context, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::reference_data::ReferenceData;
use crate::store::user::{User, UserSkill};
use crate::store::{self, Tx};

/// Kinds of reference data, which are the names of the county's files.
pub const HOLIDAYS: &str = "holidays.csv";
pub const PROFILE: &str = "profile.csv";
pub const UNITS: &str = "units.csv";
pub const TAXONOMY: &str = "taxonomy.csv";
pub const USERS: &str = "users.csv";

/// Level of a skill where the file gives none.
const SKILL_LEVEL: i32 = 50;

/// The last parsed rules, with the versions of the files they came from.
type Parsed = (Vec<(String, i64)>, Arc<Rules>);

/// Parsed rules, kept until a file has a newer version. The store decides which is in force.
#[derive(Debug, Clone, Default)]
pub struct RulesCache(Arc<Mutex<Option<Parsed>>>);

/// What a load changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// Files that were new or different.
    pub files: usize,
    pub units: usize,
    pub users_added: usize,
    pub users_kept: usize,
}

/// Loads the county's files as data in force, and units as rows; unchanged files make no new version.
///
/// # Errors
/// [`ServiceError::Fields`] with every fault of every file; nothing is loaded then.
pub async fn load(
    ctx: &Context,
    actor: &str,
    files: &CountyFiles<'_>,
) -> Result<(County, Loaded), ServiceError> {
    let county = parse(files)?;
    let mut tx = ctx.db.begin().await?;
    let mut loaded = Loaded::default();
    for (kind, content) in named(files) {
        loaded.files += usize::from(put(ctx, &mut tx, actor, kind, content).await?);
    }
    // A unit may name a parent further down; positions follow the order of codes.
    for (position, unit) in (0_i32..).zip(county.rules.units.iter()) {
        store::unit::put(&mut tx, &ctx.centre, unit, position).await?;
        loaded.units += 1;
    }
    if loaded.files > 0 {
        note(ctx, &mut tx, actor, "county_loaded", &loaded.files.to_string()).await?;
    }
    tx.commit().await?;
    Ok((county, loaded))
}

/// Adds the accounts that are missing, all with one password; accounts that exist keep theirs.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn add_users(
    ctx: &Context,
    actor: &str,
    seeds: &[UserSeed],
    password: &str,
) -> Result<Loaded, ServiceError> {
    // One hash for all: everyone in the sample knows the one password anyway, and 130 hashes take
    // half a minute.
    let password_hash = ctx.passwords.hash(password).await?;
    let mut tx = ctx.db.begin().await?;
    let mut loaded = Loaded::default();
    for seed in seeds {
        if store::user::by_name(&mut tx, &ctx.centre, &seed.username).await?.is_some() {
            loaded.users_kept += 1;
            continue;
        }
        add_user(ctx, &mut tx, seed, &password_hash).await?;
        loaded.users_added += 1;
    }
    if loaded.users_added > 0 {
        note(ctx, &mut tx, actor, "sample_users_added", &loaded.users_added.to_string()).await?;
    }
    tx.commit().await?;
    Ok(loaded)
}

/// Whether any of `seeds` has no account yet.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn users_missing(ctx: &Context, seeds: &[UserSeed]) -> Result<bool, ServiceError> {
    let mut tx = ctx.db.read().await?;
    for seed in seeds {
        if store::user::by_name(&mut tx, &ctx.centre, &seed.username).await?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rules in force, parsed once per version; while the database is away those that were in force last, so that a
/// page of an agent still opens.
///
/// # Errors
/// [`ServiceError::Away`] when no county was loaded yet.
pub async fn rules(ctx: &Context) -> Result<Arc<Rules>, ServiceError> {
    let asked = async {
        let mut tx = ctx.db.read().await?;
        rules_in(ctx, &mut tx).await
    };
    or_known(asked, cached(ctx).map(|(_, rules)| rules)).await
}

fn cached(ctx: &Context) -> Option<Parsed> {
    ctx.rules.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The same within a transaction that is open anyway.
///
/// # Errors
/// As [`rules`].
pub async fn rules_in(ctx: &Context, tx: &mut Tx) -> Result<Arc<Rules>, ServiceError> {
    let versions = store::reference_data::versions(tx, &ctx.centre).await?;
    if let Some((of, rules)) = cached(ctx)
        && of == versions
    {
        return Ok(rules);
    }
    let mut texts = Vec::new();
    for (kind, _) in named(&EMPTY) {
        let data = store::reference_data::newest(tx, &ctx.centre, kind).await?;
        let missing =
            || ServiceError::Away("尚未导入分类、单位与日历数据，请运行 hotline init。".to_owned());
        texts.push(data.ok_or_else(missing)?.content);
    }
    let [holidays, profile, units, taxonomy, users] = texts.as_slice() else {
        return Err(ServiceError::Internal("five files expected".to_owned()));
    };
    let files = CountyFiles { holidays, profile, units, taxonomy, users };
    let rules = Arc::new(parse(&files)?.rules);
    *ctx.rules.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((versions, rules.clone()));
    Ok(rules)
}

const EMPTY: CountyFiles<'static> =
    CountyFiles { holidays: "", profile: "", units: "", taxonomy: "", users: "" };

/// Each file under the name the store keeps it by.
fn named<'a>(files: &CountyFiles<'a>) -> [(&'static str, &'a str); 5] {
    [
        (HOLIDAYS, files.holidays),
        (PROFILE, files.profile),
        (UNITS, files.units),
        (TAXONOMY, files.taxonomy),
        (USERS, files.users),
    ]
}

fn parse(files: &CountyFiles<'_>) -> Result<County, ServiceError> {
    County::load(files).map_err(|faults| {
        let fault = |fault: &work_order::table::Fault| {
            let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
            super::FieldFault::new(format!("{}{line}", fault.file), fault.text.clone())
        };
        ServiceError::Fields(faults.0.iter().map(fault).collect())
    })
}

/// True when the file was new or different.
async fn put(
    ctx: &Context,
    tx: &mut Tx,
    actor: &str,
    kind: &str,
    content: &str,
) -> Result<bool, ServiceError> {
    let newest = store::reference_data::newest(tx, &ctx.centre, kind).await?;
    if newest.as_ref().is_some_and(|newest| newest.content == content) {
        return Ok(false);
    }
    let data = ReferenceData {
        version: newest.map_or(1, |newest| newest.version + 1),
        content: content.to_owned(),
        loaded_at: ctx.clock.now(),
        loaded_by: actor.to_owned(),
    };
    store::reference_data::add(tx, &ctx.centre, kind, &data).await?;
    Ok(true)
}

async fn add_user(
    ctx: &Context,
    tx: &mut Tx,
    seed: &UserSeed,
    password_hash: &str,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let user = User {
        id: UserId::new(now, ctx.random.number()),
        username: seed.username.clone(),
        display_name: seed.display_name.clone(),
        staff_no: String::new(),
        unit: seed.unit.clone(),
        password_hash: password_hash.to_owned(),
        outsourced: false,
        reserve: seed.duty == work_order::Duty::Reserve,
        created_at: now,
        disabled_at: None,
    };
    store::user::insert(tx, &ctx.centre, &user).await?;
    for role in &seed.roles {
        store::user::add_role(tx, &ctx.centre, user.id, *role).await?;
    }
    for skill in &seed.skills {
        let skill = UserSkill { skill: skill.clone(), level: SKILL_LEVEL };
        store::user::put_skill(tx, &ctx.centre, user.id, &skill).await?;
    }
    Ok(())
}

async fn note(
    ctx: &Context,
    tx: &mut Tx,
    actor: &str,
    action: &str,
    value: &str,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: None,
        actor: actor.to_owned(),
        source: String::new(),
        action: action.to_owned(),
        subject_kind: "county".to_owned(),
        subject: ctx.centre.to_string(),
        value_from: None,
        value_to: Some(value.to_owned()),
        note: String::new(),
    };
    Ok(store::audit::append(tx, &ctx.centre, &line).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::SAMPLE;
    use crate::store::Db;
    use crate::testing::TestApp;

    async fn the_sample_county_is_loaded_once(db: Db) {
        let ctx = TestApp::context(db);
        assert!(matches!(rules(&ctx).await, Err(ServiceError::Away(_))));
        let (county, loaded) = load(&ctx, "test", &SAMPLE).await.unwrap();
        assert_eq!(loaded.files, 5);
        assert_eq!(rules(&ctx).await.unwrap().units, county.rules.units);
        assert!(Arc::ptr_eq(&rules(&ctx).await.unwrap(), &rules(&ctx).await.unwrap()));
        let (_, again) = load(&ctx, "test", &SAMPLE).await.unwrap();
        assert_eq!(again.files, 0);
        assert!(users_missing(&ctx, &county.users).await.unwrap());
        let added = add_users(&ctx, "test", &county.users, "correct horse").await.unwrap();
        assert_eq!((added.users_added, added.users_kept), (county.users.len(), 0));
        let added = add_users(&ctx, "test", &county.users, "another horse").await.unwrap();
        assert_eq!((added.users_added, added.users_kept), (0, county.users.len()));
        assert!(!users_missing(&ctx, &county.users).await.unwrap());
    }
    store_test!(the_sample_county_is_loaded_once);

    async fn a_faulty_file_is_refused_whole(db: Db) {
        let ctx = TestApp::context(db);
        let files = CountyFiles { units: "code,name\nU01,x\n", ..SAMPLE };
        let Err(ServiceError::Fields(faults)) = load(&ctx, "test", &files).await else {
            panic!("must be refused");
        };
        assert!(faults[0].field.starts_with("units.csv"), "{faults:?}");
        assert!(matches!(rules(&ctx).await, Err(ServiceError::Away(_))));
    }
    store_test!(a_faulty_file_is_refused_whole);
}
