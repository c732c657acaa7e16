//! `hotline-phone agents`: many desk phones in one process, each with its own socket as in life.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::args::AgentsArguments;
use super::headset;
use super::listen::{Answering, Manner, seed_or_draw};
use super::output;
use super::prepare::{Voice, credentials, phone_config};
use super::register::options;
use crate::error::PhoneError;
use crate::phone::Phone;
use crate::phone::register::Registration;

pub(super) async fn run(
    arguments: AgentsArguments,
    stop: CancellationToken,
) -> Result<bool, PhoneError> {
    if arguments.net.bind.port() != 0 && arguments.count > 1 {
        return Err(PhoneError::argument(
            "several agents cannot share one port; use port 0 in --bind",
            "多部话机不能共用一个端口；--bind 请使用端口 0",
        ));
    }
    let voice = Arc::new(Voice::open(&arguments.voice)?);
    let seed = seed_or_draw(arguments.answer.seed);
    let mut phones = Vec::new();
    for number in 1..=arguments.count {
        phones.push(register_one(&arguments, number).await?);
    }
    output::progress(&format!("{} 部话机已注册", phones.len()), "phones registered");
    if let Some(seconds) = arguments.seconds {
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            stop.cancel();
        });
    }
    let mut running = JoinSet::new();
    for ((phone, registration), number) in phones.into_iter().zip(1_u32..) {
        let own_seed = seed.wrapping_add(u64::from(number));
        let answering =
            Answering::seeded(&arguments.answer, Manner::Answer, Arc::clone(&voice), own_seed);
        let user = arguments.user_pattern.user(number);
        let (registrar, stop) = (arguments.registrar.clone(), stop.clone());
        running.spawn(async move {
            let checked = headset::check(&phone, &registrar, &user, &stop).await;
            if checked.is_ok() {
                answering.take_calls(&phone, None, &stop).await;
            }
            registration.unregister().await;
            checked
        });
    }
    let mut outcome = Ok(true);
    while let Some(ended) = running.join_next().await {
        if let Ok(Err(error)) = ended {
            output::progress(&error.chinese(), &error.to_string());
            outcome = Err(error);
        }
    }
    outcome
}

async fn register_one(
    arguments: &AgentsArguments,
    number: u32,
) -> Result<(Phone, Registration), PhoneError> {
    let user = arguments.user_pattern.user(number);
    let who = credentials(&arguments.registrar.password_file, &user)?;
    let phone = Phone::bind(phone_config(&arguments.net, &user, Some(who))).await?;
    if number == 1 {
        phone.probe(&arguments.registrar.registrar).await?;
    }
    let registration = phone.register(options(&arguments.registrar, &user)).await?;
    Ok((phone, registration))
}
