//! Legs on plain RTP.

use gateway_protocol::PromptId;
use test_support::correlate;
use tokio::net::UdpSocket;

use super::super::g711::Codec;
use super::*;

#[tokio::test]
async fn two_phones_hear_each_other_and_the_notice_in_one_continuous_stream() {
    let stage = Stage::open().await;
    let (a, mut caller) = stage.phone(1).await;
    let (b, mut agent) = stage.phone(2).await;
    let (said, replied) =
        (voice("callers/call_01_water_outage.wav", 9), voice("callers/call_02_night_noise.wav", 9));
    stage.media.hear(a, Source::Ringback);
    caller.hush(300).await;
    let notice = vec![PromptId::new("greeting")];
    stage.media.connect(a, b, notice);
    tokio::join!(caller.talk(&said, 9_500), agent.talk(&replied, 9_500));
    let pairs = [(&said, &agent, "caller to agent"), (&replied, &caller, "agent to caller")];
    let greeting = voice("system/greeting.wav", 9);
    for (sound, phone, way) in pairs {
        // The loudest part may lie under the notice: look at what was said after it.
        let found = correlate(&sound[5 * 8_000..], &phone.heard, 8_000);
        assert!(found.peak > 0.95, "{way}: {found:?}");
        let under = correlate(&sound[4_000..28_000], &phone.heard, 8_000);
        assert!(under.peak > 0.2, "{way}, under the notice: {under:?}");
        let notice = correlate(&greeting, &phone.heard, 8_000);
        assert!(notice.peak > 0.7, "{way}, the notice: {notice:?}");
        let steps = phone.stamps.windows(2).map(|pair| pair[1].0.wrapping_sub(pair[0].0));
        assert!(steps.clone().all(|step| step == 1), "{way}: {:?}", steps.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn pcmu_and_pcma_understand_each_other() {
    let stage = Stage::open().await;
    let (a, mut caller) = stage.phone(1).await;
    let b = LegId::from_u128(2);
    let mut desk = Phone::open().await;
    desk.codec = Codec::Pcmu;
    let offer = stage.media.offer(b, MediaKind::Rtp).await.unwrap();
    desk.talks_to(&offer);
    let answer = Bytes::from(desk.description("0 101"));
    assert_eq!(stage.media.accept(b, answer.clone()).await.unwrap(), Direction::SendRecv);
    assert_eq!(stage.media.accept(b, answer).await.unwrap(), Direction::SendRecv);
    stage.media.connect(a, b, Vec::new());
    let (said, replied) =
        (voice("callers/call_03_unpaid_wages.wav", 4), voice("callers/call_04_garbage.wav", 4));
    tokio::join!(caller.talk(&said, 4_200), desk.talk(&replied, 4_200));
    let (there, back) =
        (correlate(&said, &desk.heard, 8_000), correlate(&replied, &caller.heard, 8_000));
    assert!(there.peak > 0.95 && back.peak > 0.95, "{there:?} {back:?}");
}

#[tokio::test]
async fn prompts_are_heard_whole_then_music_and_told_once() {
    let mut stage = Stage::open().await;
    let (leg, mut phone) = stage.phone(1).await;
    let ids = vec![PromptId::new("tone_beep"), PromptId::new("no_such"), PromptId::new("greeting")];
    stage.media.hear(leg, Source::Prompts { ids, then_music: true });
    phone.hush(8_500).await;
    let greeting = correlate(&voice("system/greeting.wav", 9), &phone.heard, 8_000);
    assert!(greeting.peak > 0.95, "{greeting:?}");
    let music = voice("system/hold_music.wav", 5);
    let music = correlate(&music[..12_000], &phone.heard, 8_000);
    assert!(music.peak > 0.95, "{music:?}");
    let finished =
        |event: &MediaEvent| (*event == MediaEvent::PromptsFinished { leg }).then_some(());
    assert_eq!(stage.event(1_000, finished).await, Some(()));
    assert_eq!(stage.event(100, finished).await, None);
}

#[tokio::test]
async fn keys_pass_the_bridge_and_are_told_once() {
    let mut stage = Stage::open().await;
    let (a, mut caller) = stage.phone(1).await;
    let (b, mut agent) = stage.phone(2).await;
    stage.media.connect(a, b, Vec::new());
    caller.press('5');
    caller.press('#');
    tokio::join!(caller.talk(&[], 800), agent.talk(&[], 800));
    assert_eq!(agent.keys, ['5', '#']);
    let digit = |event: &MediaEvent| match event {
        MediaEvent::Digit { leg, digit } => Some((*leg, *digit)),
        _ => None,
    };
    assert_eq!(stage.event(500, digit).await, Some((a, '5')));
    assert_eq!(stage.event(500, digit).await, Some((a, '#')));
    assert_eq!(stage.event(50, digit).await, None);
}

#[tokio::test]
async fn a_hijacker_is_neither_heard_nor_spoken_to() {
    let stage = Stage::open().await;
    let (a, mut caller) = stage.phone(1).await;
    let (b, mut agent) = stage.phone(2).await;
    stage.media.connect(a, b, Vec::new());
    let said = voice("callers/call_05_heating.wav", 3);
    let noise = test_support::speech_like(9, 8_000, 3_000);
    let mut hijacker = Phone::open().await;
    let answer = stage
        .media
        .answer(a, MediaKind::Rtp, Bytes::from(caller.description("8 101")))
        .await
        .unwrap();
    hijacker.talks_to(&answer.sdp);
    tokio::join!(caller.talk(&said, 3_200), agent.talk(&[], 3_200), hijacker.talk(&noise, 3_200));
    assert!(correlate(&said, &agent.heard, 8_000).peak > 0.95);
    assert!(hijacker.heard.is_empty());
}

#[tokio::test]
async fn silence_on_the_wire_is_told_after_two_seconds_and_so_is_its_end() {
    let mut stage = Stage::open().await;
    let (leg, mut phone) = stage.phone(1).await;
    phone.talk(&[], 300).await;
    let lost = |event: &MediaEvent| (*event == MediaEvent::MediaLost { leg }).then_some(());
    let back = |event: &MediaEvent| (*event == MediaEvent::MediaBack { leg }).then_some(());
    assert_eq!(stage.event(1_850, lost).await, None);
    assert_eq!(stage.event(650, lost).await, Some(()));
    phone.talk(&[], 60).await;
    assert_eq!(stage.event(500, back).await, Some(()));
}

#[tokio::test]
async fn a_leg_on_hold_is_neither_spoken_to_nor_missed() {
    let mut stage = Stage::open().await;
    let (leg, mut phone) = stage.phone(1).await;
    stage.media.hear(leg, Source::Music);
    phone.talk(&[], 200).await;
    let hold = phone.description("8 101") + "a=sendonly\r\n";
    let answer = stage.media.answer(leg, MediaKind::Rtp, Bytes::from(hold)).await.unwrap();
    assert_eq!(answer.direction, Direction::SendOnly);
    assert!(String::from_utf8_lossy(&answer.sdp).contains("a=recvonly"));
    phone.hush(100).await;
    assert!(!phone.hears_something(300).await);
    let resumed = Bytes::from(phone.description("8 101") + "a=inactive\r\n");
    stage.media.answer(leg, MediaKind::Rtp, resumed).await.unwrap();
    let lost = |event: &MediaEvent| (*event == MediaEvent::MediaLost { leg }).then_some(());
    assert_eq!(stage.event(2_400, lost).await, None);
    let resumed = Bytes::from(phone.description("8 101"));
    stage.media.answer(leg, MediaKind::Rtp, resumed).await.unwrap();
    assert!(phone.hears_something(300).await);
}

#[tokio::test]
async fn ports_run_out_with_a_clear_error_and_a_refused_offer_keeps_none() {
    let stage = Stage::with_ports(4).await;
    let media = &stage.media;
    for number in 0..5 {
        let offer = Bytes::from_static(b"v=0\r\nm=video 5 RTP/AVP 99\r\n");
        let refused = media.answer(LegId::from_u128(90 + number), MediaKind::Rtp, offer).await;
        assert!(
            matches!(refused, Err(MediaError::NoCommonCodec | MediaError::NoPort)),
            "{refused:?}"
        );
    }
    let stage = Stage::with_ports(4).await;
    let (_, _first) = stage.phone(1).await;
    let (_, _second) = stage.phone(2).await;
    let third = stage.media.offer(LegId::from_u128(3), MediaKind::Rtp).await;
    assert!(matches!(third, Err(MediaError::NoPort)), "{third:?}");
}

#[tokio::test]
async fn junk_on_a_port_changes_nothing() {
    let stage = Stage::open().await;
    let (a, mut caller) = stage.phone(1).await;
    let (b, mut agent) = stage.phone(2).await;
    stage.media.connect(a, b, Vec::new());
    let (_, to) = (0, target(&stage.media.offer(a, MediaKind::Rtp).await.unwrap()));
    let junk = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for length in 0..400_usize {
        let bytes: Vec<u8> = (0..length).map(|n| (n * 7 + length) as u8 | 0x80).collect();
        junk.send_to(&bytes, to).await.unwrap();
        junk.send_to(&bytes, ("127.0.0.1", stage.media.webrtc_port())).await.unwrap();
    }
    let said = voice("callers/call_06_school_enrolment.wav", 3);
    tokio::join!(caller.talk(&said, 3_200), agent.talk(&[], 3_200));
    assert!(correlate(&said, &agent.heard, 8_000).peak > 0.95);
}
