//! The same demands on both buses.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::clock::Random;
use crate::testing::{centre, variable};

fn hint(topic: &str, number: i64) -> BusMessage {
    BusMessage {
        centre: centre(),
        topic: topic.to_owned(),
        number: Some(number),
        payload: "{\"a\":1}".to_owned(),
    }
}

async fn heard(listener: &mut broadcast::Receiver<BusMessage>, topic: &str) -> BusMessage {
    let wait = async {
        loop {
            let message = listener.recv().await.unwrap();
            if message.topic == topic {
                return message;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap()
}

/// Each listener hears each hint once, in order.
async fn everyone_hears_each_hint_once(sender: Bus, listener: Bus, topic: &str) {
    let mut near = sender.subscribe();
    let mut far = listener.subscribe();
    for number in 1..=20 {
        sender.publish(hint(topic, number));
    }
    for number in 1..=20 {
        assert_eq!(heard(&mut near, topic).await, hint(topic, number));
        assert_eq!(heard(&mut far, topic).await, hint(topic, number));
    }
    sender.publish(hint("end", 0));
    assert_eq!(heard(&mut near, "end").await.topic, "end");
}

async fn redis(url: &str, stop: &CancellationToken) -> Bus {
    let bus = RedisBus::start(url, &Random::System, &TaskTracker::new(), stop.clone()).unwrap();
    let mut connected = bus.connected();
    tokio::time::timeout(Duration::from_secs(10), connected.wait_for(|up| *up))
        .await
        .unwrap()
        .unwrap();
    Bus::Redis(bus)
}

#[tokio::test]
async fn memory_everyone_hears_each_hint_once() {
    let bus = Bus::memory();
    everyone_hears_each_hint_once(bus.clone(), bus, "memory").await;
}

#[tokio::test]
async fn redis_everyone_hears_each_hint_once() {
    let Some(url) = variable("TEST_REDIS_URL") else {
        eprintln!("skipped: TEST_REDIS_URL is not set");
        return;
    };
    let stop = CancellationToken::new();
    let topic = hex::encode(Random::System.bytes::<8>());
    let (here, there) = (redis(&url, &stop).await, redis(&url, &stop).await);
    everyone_hears_each_hint_once(here.clone(), there, &topic).await;
    let alone = format!("{topic}-alone");
    everyone_hears_each_hint_once(here.clone(), here, &alone).await;
    stop.cancel();
}

#[tokio::test]
async fn without_redis_a_node_still_hears_itself() {
    let stop = CancellationToken::new();
    // Port 9 of the loopback: nobody listens there.
    let url = "redis://127.0.0.1:9/0";
    let bus = RedisBus::start(url, &Random::System, &TaskTracker::new(), stop.clone()).unwrap();
    assert!(!*bus.connected().borrow());
    let bus = Bus::Redis(bus);
    everyone_hears_each_hint_once(bus.clone(), bus, "alone").await;
    stop.cancel();
}
