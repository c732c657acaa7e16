//! Agents at browsers before the first call: page, token, connection, registration, headset check,
//! Ready. Slow and partly blocking; the sound of those who are checked meanwhile goes on.

use anyhow::{Context as _, bail};

use super::{PATIENCE_NS, Target, pace_ns, rest};
use crate::clock::{self, MS_NS};
use crate::engine::Engine;
use crate::net::web_socket::WebSocket;
use crate::page::Page;
use crate::scenario::Phones;

/// How often an agent asks for Ready whose verdict is still on its way.
const ASK_AGAIN_NS: u64 = 100 * MS_NS;

/// Makes all agents of a load Ready.
///
/// # Errors
/// No server, refusals, a headset that does not count as proved.
pub(super) fn begin(phones: &Phones, target: &Target, engine: &mut Engine) -> anyhow::Result<()> {
    let count = phones.count as usize;
    let known = target.credentials.len();
    if known < count {
        bail!("{count} agents are to sign in but only {known} have a password (--phones)");
    }
    let begun_ns = clock::now_ns();
    let mut pages = Vec::new();
    for (index, who) in target.credentials.iter().take(count).enumerate() {
        let due_ns = begun_ns + pace_ns(index, phones.register_per_s);
        rest(engine, due_ns.saturating_sub(clock::now_ns()))?;
        let http = target.http.context("softphones need the server's address (--http)")?;
        let page = Page::sign_in(http, who)?;
        page.begin_shift()?;
        let token = page.token()?;
        let connection = WebSocket::open(&token.url, &page.origin())?;
        let phone = engine.add_softphone(connection, &who.user, &token.domain)?;
        engine.register_at(phone, clock::now_ns());
        engine.step()?;
        pages.push(page);
    }
    wait_for_checks(count, engine)?;
    for page in &pages {
        become_ready(page, engine)?;
    }
    Ok(())
}

fn wait_for_checks(count: usize, engine: &mut Engine) -> anyhow::Result<()> {
    let limit_ns = clock::now_ns() + PATIENCE_NS;
    while engine.checks.ended < count {
        engine.step()?;
        let (registers, checks) = (&engine.registers, &engine.checks);
        if registers.failed + checks.failed > 0 || clock::now_ns() > limit_ns {
            let why = [&registers.last_failure, &checks.last_failure];
            bail!("only {} of {count} headsets were checked; {why:?}", checks.ended);
        }
    }
    Ok(())
}

fn become_ready(page: &Page, engine: &mut Engine) -> anyhow::Result<()> {
    let limit_ns = clock::now_ns() + PATIENCE_NS;
    while !page.ready()? {
        rest(engine, ASK_AGAIN_NS)?;
        if clock::now_ns() > limit_ns {
            bail!("a headset was checked, but the server has no verdict");
        }
    }
    engine.step()?;
    Ok(())
}
