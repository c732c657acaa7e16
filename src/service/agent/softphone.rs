//! The single-use token with which a page's softphone opens its WebSocket at the gateway.

use std::path::Path;
use std::time::Duration;

use gateway_protocol::DeviceKind;
use gateway_protocol::token::{SoftphoneClaims, TOKEN_LIFE_S};
use types::{DeviceId, Timestamp};

use crate::service::session::Person;
use crate::service::{Context, ServiceError};

/// What a page needs to register.
#[derive(Debug, Clone)]
pub struct SoftphoneToken {
    pub token: String,
    pub ws_port: u16,
    pub wss_port: u16,
    /// Host of the gateway; empty means the host of the page.
    pub host: String,
    pub domain: String,
    pub aor: String,
    pub device: DeviceId,
    pub expires_at: Timestamp,
}

/// How a page asks for a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenWish {
    /// Another page of the same person loses its softphone.
    pub take_over: bool,
    /// The softphone of this very page, whose connection was lost.
    pub device: Option<DeviceId>,
    /// The softphone that this tab had before it was loaded again.
    pub replaces: Option<DeviceId>,
}

impl TokenWish {
    /// Whether the page may have the softphone although `registered` is there.
    fn may_replace(&self, registered: DeviceId) -> bool {
        self.take_over || self.device == Some(registered) || self.replaces == Some(registered)
    }
}

/// Issues a token to the person's page.
///
/// # Errors
/// [`ServiceError::Refused`] (`softphone_in_use`) while another page of hers is registered and
/// the wish does not say that it may be replaced.
pub fn softphone_token(
    ctx: &Context,
    person: &Person,
    wish: TokenWish,
) -> Result<SoftphoneToken, ServiceError> {
    let floor = ctx.floor()?;
    let agent = person.user_id.into();
    let in_use = floor.handle.floor().device(agent).is_some_and(|face| {
        // A desk phone does not mind a page beside it.
        face.kind == DeviceKind::Browser && !wish.may_replace(face.device)
    });
    if in_use {
        return Err(ServiceError::Refused {
            code: "softphone_in_use",
            detail: "您的软电话已在另一个页面登录。如要在此页面使用，请选择“接管”。".to_owned(),
        });
    }
    let now = ctx.clock.now();
    let claims = SoftphoneClaims {
        agent,
        device: wish.device.unwrap_or_else(|| DeviceId::new(now, ctx.random.number())),
        replaces: wish.replaces,
        session: person.session,
        username: person.username.clone(),
        expires_at: now + Duration::from_secs(TOKEN_LIFE_S),
        nonce: hex::encode(ctx.random.bytes::<16>()),
        take_over: wish.take_over,
    };
    let token = claims
        .sign(&floor.softphone_key)
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    let settings = &ctx.config.softphone;
    let ports = Ports::of(ctx);
    Ok(SoftphoneToken {
        token,
        ws_port: ports.ws,
        wss_port: ports.wss,
        host: settings.host.clone(),
        domain: settings.domain.clone(),
        aor: format!("sip:{}@{}", person.username, settings.domain),
        device: claims.device,
        expires_at: claims.expires_at,
    })
}

/// The gateway's WebSocket ports.
struct Ports {
    ws: u16,
    wss: u16,
}

impl Ports {
    /// As configured; a configured 0 means the port that the gateway on this machine has bound.
    fn of(ctx: &Context) -> Self {
        let settings = &ctx.config.softphone;
        let bound = |name: &str, configured: u16| match configured {
            0 => bound_port(&ctx.config.data_path("gateway-ports.json"), name).unwrap_or(0),
            port => port,
        };
        Self { ws: bound("sip_ws", settings.ws_port), wss: bound("sip_wss", settings.wss_port) }
    }
}

fn bound_port(file: &Path, name: &str) -> Option<u16> {
    let text = std::fs::read_to_string(file).ok()?;
    let ports: serde_json::Value = serde_json::from_str(&text).ok()?;
    u16::try_from(ports.get(name)?.as_u64()?).ok()
}
