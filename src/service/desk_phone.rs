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
