//! Signing in and out, and who a token belongs to.

mod memory;

use std::fmt;

use sha2::{Digest, Sha256};
use types::{AuditId, SessionId, Timestamp, UnitCode, UserId};
use work_order::Role;

use super::away::{is_away, soon};
use super::{Context, ServiceError};
use crate::bus::BusMessage;
use crate::store::audit::AuditLine;
use crate::store::session::{Session, SessionKind};
use crate::store::sign_in_failure::{self, Failures};
use crate::store::user::User;
use crate::store::{self, Tx};

pub use memory::SessionMemory;

/// Longest password taken, in bytes: hashing a megabyte would be a gift to an attacker.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Longest account name looked up, in bytes.
const USERNAME_BYTES_MAX: usize = 64;
/// A session's last use is noted at most so often, to spare the disk.
const TOUCH_EVERY_S: u64 = 60;
/// Topic of the hint that a session has ended: the softphone of its page is revoked.
pub const SESSION_ENDED: &str = "session_ended";

/// What a browser or a machine presents. Stored nowhere; its hash is.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

pub(super) fn new_token(ctx: &Context) -> Token {
    Token(hex::encode(ctx.random.bytes::<32>()))
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub session: SessionId,
    pub user_id: UserId,
    pub username: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub unit: Option<PersonUnit>,
    /// By bearer token, not by cookie.
    pub machine: bool,
}

/// The unit a person belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonUnit {
    pub code: UnitCode,
    pub name: String,
}

impl Person {
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    #[must_use]
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.has(*role))
    }
}

/// A wish to sign in.
#[derive(Clone)]
pub struct SignIn {
    pub username: String,
    pub password: String,
    /// Address it comes from.
    pub source: String,
    /// The browser's name for itself.
    pub label: String,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Checks name and password and opens a session.
///
/// # Errors
/// [`ServiceError::WrongPassword`], [`ServiceError::LockedOut`], [`ServiceError::TooManySignIns`].
pub async fn sign_in(ctx: &Context, wish: SignIn) -> Result<(Token, Person), ServiceError> {
    let now = ctx.clock.now();
    let username = wish.username.trim().to_lowercase();
    if username.len() > USERNAME_BYTES_MAX || wish.password.len() > PASSWORD_BYTES_MAX {
        return Err(ServiceError::WrongPassword);
    }
    let mut tx = ctx.db.read().await?;
    let failures = sign_in_failure::find(&mut tx, &ctx.centre, &username, &wish.source).await?;
    let user = store::user::by_name(&mut tx, &ctx.centre, &username).await?;
    drop(tx);
    if let Some(until) = failures.and_then(|f| f.locked_until).filter(|until| *until > now) {
        return Err(ServiceError::LockedOut { until, now });
    }
    let user = user.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let fits = ctx.passwords.check(&wish.password, stored).await?;
    match user.filter(|_| fits) {
        Some(user) => open(ctx, user, &wish, now).await,
        None => Err(refuse(ctx, &username, &wish.source, now).await?),
    }
}

async fn open(
    ctx: &Context,
    user: User,
    wish: &SignIn,
    now: Timestamp,
) -> Result<(Token, Person), ServiceError> {
    let token = new_token(ctx);
    let session = Session {
        id: SessionId::new(now, ctx.random.number()),
        centre: ctx.centre.clone(),
        user_id: user.id,
        kind: SessionKind::Browser,
        token_hash: token.hash(),
        label: wish.label.chars().take(200).collect(),
        source: wish.source.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now + ctx.config.auth.session_life(),
        ended_at: None,
    };
    let mut tx = ctx.db.begin().await?;
    sign_in_failure::clear(&mut tx, &ctx.centre, &user.username, &wish.source).await?;
    store::session::insert(&mut tx, &session).await?;
    note(ctx, &mut tx, Some(user.id), &user.username, &wish.source, "sign_in").await?;
    let person = person(ctx, &mut tx, &session, user).await?;
    tx.commit().await?;
    Ok((token, person))
}

/// Counts the failure; the answer says whether this one locked the door.
async fn refuse(
    ctx: &Context,
    username: &str,
    source: &str,
    now: Timestamp,
) -> Result<ServiceError, ServiceError> {
    let auth = &ctx.config.auth;
    let mut tx = ctx.db.begin().await?;
    let before = sign_in_failure::find(&mut tx, &ctx.centre, username, source)
        .await?
        .filter(|before| now.since(before.last_at) < auth.lock_out())
        .filter(|before| before.locked_until.is_none_or(|until| until > now));
    let failures = before.map_or(1, |before| before.failures.saturating_add(1));
    let locks = u32::try_from(failures).unwrap_or(u32::MAX) >= auth.failures_max;
    let locked_until = locks.then(|| now + auth.lock_out());
    let failures = Failures { failures, last_at: now, locked_until };
    sign_in_failure::put(&mut tx, &ctx.centre, username, source, failures).await?;
    let action = if locks { "sign_in_locked_out" } else { "sign_in_refused" };
    note(ctx, &mut tx, None, username, source, action).await?;
    tx.commit().await?;
    Ok(match locked_until {
        Some(until) => ServiceError::LockedOut { until, now },
        None => ServiceError::WrongPassword,
    })
}

/// Whose token this is. Notes the use of the session now and then. While the database is away, who was signed in
/// stays so: calls go on.
///
/// # Errors
/// [`ServiceError::NotSignedIn`] when the session is unknown, ended, expired or idle for too long, or
/// the account was closed; [`ServiceError::Store`] for somebody unknown while the database is away.
pub async fn person_of(ctx: &Context, token: &str, machine: bool) -> Result<Person, ServiceError> {
    let (hash, now) = (hash(token), ctx.clock.now());
    let known = ctx.sessions.recall(&hash, machine, now, ctx.config.auth.session_idle());
    let known = match known {
        Some(known) if ctx.sessions.is_silent(now) => return Ok(known),
        known => known,
    };
    let asked = stored_person(ctx, &hash, machine, now);
    // Who is known need not wait for long.
    let found = if known.is_some() { soon(asked).await } else { asked.await };
    match found {
        Ok((person, session)) => {
            ctx.sessions.confirm(&hash, &person, session.expires_at, now);
            if now.since(session.last_seen_at).as_secs() >= TOUCH_EVERY_S {
                touch(ctx, session.id, now).await;
            }
            Ok(person)
        }
        Err(error) if is_away(&error) => {
            ctx.sessions.silent(now);
            known.ok_or(error)
        }
        Err(error) => {
            ctx.sessions.deny(&hash);
            Err(error)
        }
    }
}

/// Whose token has this hash, by the tables.
async fn stored_person(
    ctx: &Context,
    hash: &str,
    machine: bool,
    now: Timestamp,
) -> Result<(Person, Session), ServiceError> {
    let mut tx = ctx.db.read().await?;
    let session = store::session::by_token(&mut tx, hash)
        .await?
        .filter(|session| (session.kind == SessionKind::Machine) == machine)
        .filter(|session| session.centre == ctx.centre && now < session.expires_at)
        .filter(|s| machine || now.since(s.last_seen_at) < ctx.config.auth.session_idle())
        .ok_or(ServiceError::NotSignedIn)?;
    let user = store::user::by_id(&mut tx, &ctx.centre, session.user_id)
        .await?
        .filter(|user| user.disabled_at.is_none())
        .ok_or(ServiceError::NotSignedIn)?;
    let person = person(ctx, &mut tx, &session, user).await?;
    Ok((person, session))
}

/// A full disk must not turn readers away: the session then merely ages.
async fn touch(ctx: &Context, session: SessionId, now: Timestamp) {
    let noted = async {
        let mut tx = ctx.db.begin().await?;
        store::session::touch(&mut tx, session, now).await?;
        Ok(tx.commit().await?)
    };
    if let Err(error) = soon(noted).await {
        tracing::warn!(session.id = %session, %error, "could not note the use of a session");
    }
}

/// Ends the session of `person`.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn sign_out(ctx: &Context, person: &Person, source: &str) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    store::session::end(&mut tx, person.session, ctx.clock.now()).await?;
    note(ctx, &mut tx, Some(person.user_id), &person.username, source, "sign_out").await?;
    tx.commit().await?;
    ctx.sessions.forget(person.session);
    ctx.bus.publish(BusMessage {
        centre: ctx.centre.clone(),
        topic: SESSION_ENDED.to_owned(),
        number: None,
        payload: serde_json::json!({ "session": person.session, "user": person.user_id })
            .to_string(),
    });
    Ok(())
}

async fn person(
    ctx: &Context,
    tx: &mut Tx,
    session: &Session,
    user: User,
) -> Result<Person, ServiceError> {
    let unit = match &user.unit {
        Some(code) => store::unit::find(tx, &ctx.centre, code).await?,
        None => None,
    };
    Ok(Person {
        session: session.id,
        user_id: user.id,
        roles: store::user::roles(tx, user.id).await?,
        username: user.username,
        display_name: user.display_name,
        unit: unit.map(|unit| PersonUnit { code: unit.code, name: unit.name }),
        machine: session.kind == SessionKind::Machine,
    })
}

async fn note(
    ctx: &Context,
    tx: &mut Tx,
    user_id: Option<UserId>,
    username: &str,
    source: &str,
    action: &str,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id,
        actor: username.to_owned(),
        source: source.to_owned(),
        action: action.to_owned(),
        subject_kind: "user".to_owned(),
        subject: username.to_owned(),
        value_from: None,
        value_to: None,
        note: String::new(),
    };
    Ok(store::audit::append(tx, &ctx.centre, &line).await?)
}
