//! Credentials with which phones that are no browser register at the gateways.
//!
//! Gateways get them over the link, as hashes. They may be issued by a command while the server
//! runs in another process, or by another node: the server looks at the table every two seconds.

use std::time::Duration;

use gateway_protocol::DigestCredential;
use tokio_util::sync::CancellationToken;
use types::UserId;

use super::live::RunningFloor;
use super::user::note;
use super::{Context, ServiceError};
use crate::store;
use crate::store::desk_phone::DeskPhone;
use crate::store::user::User;

/// How soon a new or withdrawn credential reaches the gateways.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Letters and digits that are not taken for one another when typed from paper; 32 of them, so that
/// a character carries five bits.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
/// 120 bits.
const PASSWORD_LEN: usize = 24;

/// What is typed into a desk phone. Shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct DeskPhoneAccess {
    pub username: String,
    /// Domain and realm.
    pub domain: String,
    pub password: String,
}

impl std::fmt::Debug for DeskPhoneAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeskPhoneAccess").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Issues a credential to the account, in place of one it may have.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub async fn issue(
    ctx: &Context,
    actor: &str,
    username: &str,
) -> Result<DeskPhoneAccess, ServiceError> {
    let access = DeskPhoneAccess {
        username: username.to_owned(),
        domain: ctx.config.softphone.domain.clone(),
        password: new_password(ctx),
    };
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let user = store::user::by_name(&mut tx, &ctx.centre, username)
        .await?
        .ok_or(ServiceError::NotFound("账号"))?;
    let phone = hashed(&user, &access);
    store::desk_phone::put(&mut tx, &ctx.centre, &phone, now, actor).await?;
    note(ctx, &mut tx, actor, "desk_phone_issued", username, None).await?;
    tx.commit().await?;
    Ok(access)
}

/// Takes the account's credential away; a phone that is registered with it is thrown out.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is no such account, or it has none.
pub async fn withdraw(ctx: &Context, actor: &str, username: &str) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    let user = store::user::by_name(&mut tx, &ctx.centre, username)
        .await?
        .ok_or(ServiceError::NotFound("账号"))?;
    if !store::desk_phone::remove(&mut tx, user.id).await? {
        return Err(ServiceError::NotFound("话机密码"));
    }
    note(ctx, &mut tx, actor, "desk_phone_withdrawn", username, None).await?;
    Ok(tx.commit().await?)
}

/// Hands the credentials to the gateways, now and whenever they have changed, until `stop`.
pub(super) async fn keep_gateways_told(ctx: Context, floor: RunningFloor, stop: CancellationToken) {
    let mut told: Option<Vec<DigestCredential>> = None;
    while !stop.is_cancelled() {
        match credentials(&ctx).await {
            Ok(now) if told.as_ref() != Some(&now) => {
                floor.links.set_credentials(now.clone());
                told = Some(now);
            }
            Ok(_) => {}
            // Phones that are registered stay; the store's own alarm says the rest.
            Err(error) => tracing::warn!(%error, "the desk phones' credentials cannot be read"),
        }
        let _ = tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await;
    }
}

async fn credentials(ctx: &Context) -> Result<Vec<DigestCredential>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let phones = store::desk_phone::list(&mut tx, &ctx.centre).await?;
    let credential = |phone: DeskPhone| DigestCredential {
        agent: phone.user_id.into(),
        username: phone.username,
        realm: phone.realm,
        ha1_md5: phone.ha1_md5,
        ha1_sha256: phone.ha1_sha256,
    };
    Ok(phones.into_iter().map(credential).collect())
}

fn hashed(user: &User, access: &DeskPhoneAccess) -> DeskPhone {
    let id: UserId = user.id;
    let DeskPhoneAccess { username, domain, password } = access;
    let hashes = DigestCredential::of_password(id.into(), username, domain, password);
    DeskPhone {
        user_id: id,
        username: hashes.username,
        realm: hashes.realm,
        ha1_md5: hashes.ha1_md5,
        ha1_sha256: hashes.ha1_sha256,
    }
}

fn new_password(ctx: &Context) -> String {
    let bytes = ctx.random.bytes::<PASSWORD_LEN>();
    let letter =
        |byte: u8| char::from(ALPHABET.get(usize::from(byte) % 32).copied().unwrap_or(b'a'));
    bytes.into_iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use work_order::Role;

    use super::*;
    use crate::service::user::{NewUser, add};
    use crate::store::audit;
    use crate::testing::{TestApp, TestDb};

    const ACTOR: &str = "hotline user";

    /// A context with the account `agent01`; the database lives as long as the second.
    async fn with_agent() -> (Context, TestDb) {
        let database = TestDb::sqlite().await;
        let ctx = TestApp::context(database.db.clone());
        let new = NewUser {
            username: "agent01".to_owned(),
            display_name: "陈晓雨".to_owned(),
            staff_no: String::new(),
            unit: None,
            roles: vec![Role::Agent],
            reserve: false,
            password: "correct horse".to_owned(),
        };
        add(&ctx, "test", new).await.unwrap();
        (ctx, database)
    }

    /// What the audit trail says of the account's phone, oldest first.
    async fn noted(ctx: &Context) -> Vec<String> {
        let mut tx = ctx.db.read().await.unwrap();
        let lines = audit::of_subject(&mut tx, &ctx.centre, "user", "agent01", 99).await.unwrap();
        let of_phone = lines.into_iter().map(|line| line.action);
        of_phone.filter(|action| action.starts_with("desk_phone")).collect()
    }

    #[tokio::test]
    async fn an_issued_password_opens_what_is_stored_of_it() {
        let (ctx, _database) = with_agent().await;
        let access = issue(&ctx, ACTOR, "agent01").await.unwrap();
        assert_eq!(access.username, "agent01");
        assert_eq!(access.domain, ctx.config.softphone.domain);
        assert_eq!(access.password.len(), PASSWORD_LEN);
        assert!(access.password.bytes().all(|letter| ALPHABET.contains(&letter)));
        let stored = credentials(&ctx).await.unwrap();
        let agent = stored[0].agent;
        let (domain, password) = (&access.domain, &access.password);
        assert_eq!(stored, [DigestCredential::of_password(agent, "agent01", domain, password)]);
        assert_eq!(noted(&ctx).await, ["desk_phone_issued"]);
    }

    #[tokio::test]
    async fn issuing_again_makes_the_first_password_worthless() {
        let (ctx, _database) = with_agent().await;
        let first = issue(&ctx, ACTOR, "agent01").await.unwrap();
        let before = credentials(&ctx).await.unwrap();
        let second = issue(&ctx, ACTOR, "agent01").await.unwrap();
        let after = credentials(&ctx).await.unwrap();
        assert_ne!(first.password, second.password);
        assert_eq!((before.len(), after.len()), (1, 1));
        assert_eq!(before[0].agent, after[0].agent);
        assert_ne!(before[0].ha1_md5, after[0].ha1_md5);
        assert_ne!(before[0].ha1_sha256, after[0].ha1_sha256);
    }

    #[tokio::test]
    async fn what_was_withdrawn_is_gone_and_there_is_no_second_time() {
        let (ctx, _database) = with_agent().await;
        let error = withdraw(&ctx, ACTOR, "agent01").await.unwrap_err();
        assert!(matches!(error, ServiceError::NotFound("话机密码")), "{error:?}");
        issue(&ctx, ACTOR, "agent01").await.unwrap();
        withdraw(&ctx, ACTOR, "agent01").await.unwrap();
        assert_eq!(credentials(&ctx).await.unwrap(), []);
        let error = withdraw(&ctx, ACTOR, "agent01").await.unwrap_err();
        assert!(matches!(error, ServiceError::NotFound("话机密码")), "{error:?}");
        assert_eq!(noted(&ctx).await, ["desk_phone_issued", "desk_phone_withdrawn"]);
    }

    #[tokio::test]
    async fn an_unknown_account_gets_no_phone() {
        let (ctx, _database) = with_agent().await;
        let error = issue(&ctx, ACTOR, "agent02").await.unwrap_err();
        assert!(matches!(error, ServiceError::NotFound("账号")), "{error:?}");
        let error = withdraw(&ctx, ACTOR, "agent02").await.unwrap_err();
        assert!(matches!(error, ServiceError::NotFound("账号")), "{error:?}");
        assert_eq!(credentials(&ctx).await.unwrap(), []);
    }
}
