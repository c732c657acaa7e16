//! `hotline-phone register`: a desk phone.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::args::{RegisterArguments, RegistrarArguments};
use super::headset;
use super::listen::{Answering, Manner};
use super::output;
use super::prepare::{Voice, credentials, phone_config};
use crate::error::PhoneError;
use crate::phone::Phone;
use crate::phone::register::RegisterOptions;

pub(super) async fn run(
    arguments: RegisterArguments,
    stop: CancellationToken,
) -> Result<bool, PhoneError> {
    let voice = Arc::new(Voice::open(&arguments.voice)?);
    let who = credentials(&arguments.registrar.password_file, &arguments.user)?;
    let phone = Phone::bind(phone_config(&arguments.net, &arguments.user, Some(who))).await?;
    phone.probe(&arguments.registrar.registrar).await?;
    let registration = phone.register(options(&arguments.registrar, &arguments.user)).await?;
    output::progress(&format!("{} 已注册", arguments.user), "registered");
    headset::check(&phone, &arguments.registrar, &arguments.user, &stop).await?;
    let answering = Answering::new(&arguments.answer, Manner::Answer, voice);
    answering.take_calls(&phone, arguments.calls, &stop).await;
    registration.unregister().await;
    output::progress(&format!("{} 已注销", arguments.user), "unregistered");
    Ok(true)
}

pub(super) fn options(arguments: &RegistrarArguments, user: &str) -> RegisterOptions {
    RegisterOptions {
        registrar: arguments.registrar.clone(),
        user: user.to_owned(),
        domain: arguments.domain.clone(),
        expires_s: arguments.expires_seconds,
    }
}
