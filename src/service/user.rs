//! Accounts: adding, passwords, machine tokens.

use types::{AuditId, UnitCode, UserId};
use work_order::Role;

use super::session::{Token, new_token};
use super::{Context, FieldFault, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::session::{Session, SessionKind};
use crate::store::user::User;
use crate::store::{self, StoreError, Tx};

/// A new account.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub username: String,
    pub display_name: String,
    pub staff_no: String,
    pub unit: Option<UnitCode>,
    pub roles: Vec<Role>,
    /// Called up in a surge only.
    pub reserve: bool,
    pub password: String,
}

/// What lists show of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSummary {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub unit: Option<UnitCode>,
    pub roles: Vec<Role>,
    pub disabled: bool,
}

/// Adds an account; `actor` is who did it, for the audit trail.
///
/// # Errors
/// [`ServiceError::Fields`] for a short password or an unknown unit, [`ServiceError::Refused`]
/// (`username_taken`).
pub async fn add(ctx: &Context, actor: &str, new: NewUser) -> Result<UserId, ServiceError> {
    check_name(&new.username)?;
    check_password(ctx, &new.password)?;
    let password_hash = ctx.passwords.hash(&new.password).await?;
    let now = ctx.clock.now();
    let id = UserId::new(now, ctx.random.number());
    let mut tx = ctx.db.begin().await?;
    if let Some(unit) = &new.unit
        && store::unit::find(&mut tx, &ctx.centre, unit).await?.is_none()
    {
        return Err(field("unit", format!("没有代码为 {unit} 的承办单位")));
    }
    let user = User {
        id,
        username: new.username.clone(),
        display_name: new.display_name,
        staff_no: new.staff_no,
        unit: new.unit,
        password_hash,
        outsourced: false,
        reserve: new.reserve,
        created_at: now,
        disabled_at: None,
    };
    match store::user::insert(&mut tx, &ctx.centre, &user).await {
        Err(StoreError::Duplicate(_)) => {
            return Err(ServiceError::Refused {
                code: "username_taken",
                detail: format!("账号 {} 已存在，请换一个账号名。", new.username),
            });
        }
        other => other?,
    }
    for role in &new.roles {
        store::user::add_role(&mut tx, &ctx.centre, id, *role).await?;
    }
    let roles: Vec<&str> = new.roles.iter().map(|role| role.as_str()).collect();
    note(ctx, &mut tx, actor, "user_added", &new.username, Some(roles.join(" "))).await?;
    tx.commit().await?;
    Ok(id)
}

/// Sets a person's password and ends all her sessions.
///
/// # Errors
/// [`ServiceError::NotFound`], [`ServiceError::Fields`].
pub async fn set_password(
    ctx: &Context,
    actor: &str,
    username: &str,
    password: &str,
) -> Result<(), ServiceError> {
    check_password(ctx, password)?;
    let hash = ctx.passwords.hash(password).await?;
    let mut tx = ctx.db.begin().await?;
    let user = store::user::by_name(&mut tx, &ctx.centre, username)
        .await?
        .ok_or(ServiceError::NotFound("账号"))?;
    store::user::set_password(&mut tx, user.id, &hash).await?;
    store::session::end_all(&mut tx, user.id, ctx.clock.now()).await?;
    note(ctx, &mut tx, actor, "password_set", username, None).await?;
    Ok(tx.commit().await?)
}

/// Issues a bearer token to a machine that acts as `username`. The token is shown once.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub async fn issue_token(
    ctx: &Context,
    actor: &str,
    username: &str,
    label: &str,
) -> Result<Token, ServiceError> {
    let now = ctx.clock.now();
    let token = new_token(ctx);
    let mut tx = ctx.db.begin().await?;
    let user = store::user::by_name(&mut tx, &ctx.centre, username)
        .await?
        .ok_or(ServiceError::NotFound("账号"))?;
    let session = Session {
        id: types::SessionId::new(now, ctx.random.number()),
        centre: ctx.centre.clone(),
        user_id: user.id,
        kind: SessionKind::Machine,
        token_hash: token.hash(),
        label: label.to_owned(),
        source: String::new(),
        created_at: now,
        last_seen_at: now,
        expires_at: now + ctx.config.auth.machine_token_life(),
        ended_at: None,
    };
    store::session::insert(&mut tx, &session).await?;
    note(ctx, &mut tx, actor, "token_issued", username, Some(label.to_owned())).await?;
    tx.commit().await?;
    Ok(token)
}

/// Every account, by name.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn list(ctx: &Context) -> Result<Vec<UserSummary>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let mut summaries = Vec::new();
    for user in store::user::list(&mut tx, &ctx.centre).await? {
        summaries.push(UserSummary {
            id: user.id,
            roles: store::user::roles(&mut tx, user.id).await?,
            username: user.username,
            display_name: user.display_name,
            unit: user.unit,
            disabled: user.disabled_at.is_some(),
        });
    }
    Ok(summaries)
}

fn check_name(username: &str) -> Result<(), ServiceError> {
    let known =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    if (1..=64).contains(&username.len()) && username.bytes().all(known) {
        return Ok(());
    }
    Err(field("username", "账号名为 1 至 64 个小写字母、数字或 . _ -".to_owned()))
}

fn check_password(ctx: &Context, password: &str) -> Result<(), ServiceError> {
    let least = ctx.config.auth.password_len_min;
    if password.chars().count() >= least && password.len() <= super::session::PASSWORD_BYTES_MAX {
        return Ok(());
    }
    Err(field("password", format!("密码至少 {least} 个字符，最多 1024 字节")))
}

fn field(name: &str, detail: String) -> ServiceError {
    ServiceError::Fields(vec![FieldFault::new(name, detail)])
}

pub(super) async fn note(
    ctx: &Context,
    tx: &mut Tx,
    actor: &str,
    action: &str,
    username: &str,
    value_to: Option<String>,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: None,
        actor: actor.to_owned(),
        source: String::new(),
        action: action.to_owned(),
        subject_kind: "user".to_owned(),
        subject: username.to_owned(),
        value_from: None,
        value_to,
        note: String::new(),
    };
    Ok(store::audit::append(tx, &ctx.centre, &line).await?)
}
