//! People with an account: name, password hash, roles, unit, skills.

use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, SkillCode, Timestamp, UnitCode, UserId};
use work_order::Role;

use super::{StoreError, Tx};

/// One account.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct User {
    pub id: UserId,
    pub username: String,
    /// Name shown to colleagues.
    pub display_name: String,
    /// 工号, shown and spoken to citizens; may be empty.
    pub staff_no: String,
    pub unit: Option<UnitCode>,
    /// PHC string of argon2id.
    pub password_hash: String,
    /// Staff of a contractor: call taking only (国办函〔2025〕66号).
    pub outsourced: bool,
    /// Called up in a surge only (后备座席).
    pub reserve: bool,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A skill an agent has, 1 (least) to 100.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct UserSkill {
    pub skill: SkillCode,
    pub level: i32,
}

mod sql {
    pub const INSERT: &str = "insert into user_account \
        (id, centre, username, display_name, staff_no, unit, password_hash, outsourced, reserve, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    pub const BY_ID: &str = "select id, username, display_name, staff_no, unit, password_hash, \
        outsourced, reserve, created_at, disabled_at from user_account where centre = $1 and id = $2";
    pub const BY_NAME: &str = "select id, username, display_name, staff_no, unit, password_hash, \
        outsourced, reserve, created_at, disabled_at from user_account where centre = $1 and username = $2";
    pub const LIST: &str = "select id, username, display_name, staff_no, unit, password_hash, \
        outsourced, reserve, created_at, disabled_at from user_account where centre = $1 order by username";
    pub const BY_ROLE: &str = "select u.id, u.username, u.display_name, u.staff_no, u.unit, \
        u.password_hash, u.outsourced, u.reserve, u.created_at, u.disabled_at from user_account u \
        join user_role r on r.user_id = u.id \
        where u.centre = $1 and r.role = $2 and u.disabled_at is null order by u.username";
    pub const SET_PASSWORD: &str = "update user_account set password_hash = $1 where id = $2";
    pub const ROLES: &str = "select role from user_role where user_id = $1 order by role";
    pub const ADD_ROLE: &str = "insert into user_role (centre, user_id, role) values ($1, $2, $3) \
        on conflict (user_id, role) do nothing";
    pub const SKILLS: &str =
        "select skill, level from user_skill where user_id = $1 order by skill";
    pub const PUT_SKILL: &str = "insert into user_skill (centre, user_id, skill, level) \
        values ($1, $2, $3, $4) on conflict (user_id, skill) do update set level = excluded.level";
}

/// Stores a new account.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub async fn insert(tx: &mut Tx, centre: &CentreId, user: &User) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::INSERT)
        .bind(user.id)
        .bind(centre)
        .bind(&user.username)
        .bind(&user.display_name)
        .bind(&user.staff_no)
        .bind(&user.unit)
        .bind(&user.password_hash)
        .bind(user.outsourced)
        .bind(user.reserve)
        .bind(user.created_at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn by_id(tx: &mut Tx, centre: &CentreId, id: UserId) -> Result<Option<User>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BY_ID).bind(centre).bind(id).fetch_optional(db).await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn by_name(
    tx: &mut Tx,
    centre: &CentreId,
    username: &str,
) -> Result<Option<User>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BY_NAME)
        .bind(centre)
        .bind(username)
        .fetch_optional(db)
        .await)?)
}

/// All accounts by name, disabled ones too.
///
/// # Errors
/// [`StoreError`].
pub async fn list(tx: &mut Tx, centre: &CentreId) -> Result<Vec<User>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::LIST).bind(centre).fetch_all(db).await)?)
}

/// Enabled accounts that have `role`, by name.
///
/// # Errors
/// [`StoreError`].
pub async fn by_role(tx: &mut Tx, centre: &CentreId, role: Role) -> Result<Vec<User>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BY_ROLE)
        .bind(centre)
        .bind(role.as_str())
        .fetch_all(db)
        .await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn set_password(tx: &mut Tx, id: UserId, hash: &str) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::SET_PASSWORD).bind(hash).bind(id).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn roles(tx: &mut Tx, id: UserId) -> Result<Vec<Role>, StoreError> {
    let texts: Vec<String> =
        on_tx!(tx, |db| query_scalar(sql::ROLES).bind(id).fetch_all(db).await)?;
    let parse = |text: String| {
        let row = format!("{id} {text}");
        text.parse().map_err(|_| StoreError::Inconsistent {
            table: "user_role",
            column: "role",
            row,
        })
    };
    texts.into_iter().map(parse).collect()
}

/// # Errors
/// [`StoreError`].
pub async fn add_role(
    tx: &mut Tx,
    centre: &CentreId,
    id: UserId,
    role: Role,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD_ROLE)
        .bind(centre)
        .bind(id)
        .bind(role.as_str())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn skills(tx: &mut Tx, id: UserId) -> Result<Vec<UserSkill>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::SKILLS).bind(id).fetch_all(db).await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn put_skill(
    tx: &mut Tx,
    centre: &CentreId,
    id: UserId,
    skill: &UserSkill,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT_SKILL)
        .bind(centre)
        .bind(id)
        .bind(&skill.skill)
        .bind(skill.level)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
