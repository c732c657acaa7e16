//! Two phones over loopback: sound both ways, hang-up by either side, cancel, refuse, digits.

use super::common::{correlation, noise, phone, saying, uri, wait_for, within};
use hotline_phone::{Call, CallEvent, CallOptions, EndedBy, Outcome, Phone, Say, TransportKind};

/// A call from one phone to the other, answered; both ends.
async fn connected(
    caller: &Phone,
    called: &Phone,
    say: CallOptions,
    reply: CallOptions,
) -> (Call, Call) {
    let mut out = caller.call(&uri("12345", called), say).await.unwrap();
    let mut inc = within(called.next_call()).await.unwrap();
    assert_eq!((inc.to(), inc.from()), ("12345", "phone"));
    inc.ring().await;
    wait_for(&mut out, |event| *event == CallEvent::Ringing).await;
    inc.answer(reply).await.unwrap();
    wait_for(&mut out, |event| *event == CallEvent::Answered).await;
    wait_for(&mut inc, |event| *event == CallEvent::Answered).await;
    (out, inc)
}

async fn sound_passes_both_ways(transport: TransportKind) {
    let (caller, called) = (phone(transport).await, phone(transport).await);
    let (question, reply) = (noise(1, 8000), noise(2, 8000));
    let (mut out, mut inc) = connected(&caller, &called, saying(&question), saying(&reply)).await;
    wait_for(&mut out, |event| *event == CallEvent::SayFinished).await;
    wait_for(&mut inc, |event| *event == CallEvent::SayFinished).await;
    tokio::time::sleep(std::time::Duration::from_millis(250)).await; // the last packets' way
    out.hangup().await;
    let (out_report, in_report) = within(async { (out.finish().await, inc.finish().await) }).await;
    for (said, call, report) in [(&question, &inc, &in_report), (&reply, &out, &out_report)] {
        let (likeness, at) = correlation(&said[800..7200], &call.heard());
        assert!(likeness > 0.95, "likeness {likeness} at {at}");
        assert!(report.packets.received >= 50 && report.packets.lost == 0, "{report:?}");
        assert!(report.mos.unwrap() > 4.0 && report.jitter_ms.unwrap() < 20.0, "{report:?}");
        assert_eq!((report.outcome, report.status), (Outcome::Answered, 200));
        assert_eq!(report.heard.duration_ms as usize / 20, call.heard().len() / 160);
    }
    assert_eq!((out_report.ended_by, in_report.ended_by), (EndedBy::Local, EndedBy::Remote));
    let times = out_report.timings_ms;
    let order = [
        times.invite,
        times.first_provisional,
        times.ringing,
        times.answered,
        times.first_rtp,
        times.bye,
        times.ended,
    ];
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn sound_passes_both_ways_over_udp() {
    sound_passes_both_ways(TransportKind::Udp).await;
}

#[tokio::test]
async fn sound_passes_both_ways_over_tcp() {
    sound_passes_both_ways(TransportKind::Tcp).await;
}

#[tokio::test]
async fn the_called_side_hangs_up() {
    for transport in [TransportKind::Udp, TransportKind::Tcp] {
        let (caller, called) = (phone(transport).await, phone(transport).await);
        let quiet = CallOptions::default;
        let (mut out, mut inc) = connected(&caller, &called, quiet(), quiet()).await;
        inc.hangup().await;
        let (out, inc) = within(async { (out.finish().await, inc.finish().await) }).await;
        assert_eq!((out.ended_by, inc.ended_by), (EndedBy::Remote, EndedBy::Local));
    }
}

#[tokio::test]
async fn a_dropped_handle_hangs_up() {
    let (caller, called) = (phone(TransportKind::Udp).await, phone(TransportKind::Udp).await);
    let (out, mut inc) =
        connected(&caller, &called, CallOptions::default(), CallOptions::default()).await;
    drop(out);
    assert_eq!(within(inc.finish()).await.ended_by, EndedBy::Remote);
}

#[tokio::test]
async fn an_impatient_caller_cancels() {
    for transport in [TransportKind::Udp, TransportKind::Tcp] {
        let (caller, called) = (phone(transport).await, phone(transport).await);
        let mut out = caller.call(&uri("12345", &called), CallOptions::default()).await.unwrap();
        let mut inc = within(called.next_call()).await.unwrap();
        inc.ring().await;
        wait_for(&mut out, |event| *event == CallEvent::Ringing).await;
        out.hangup().await;
        let (out, inc) = within(async { (out.finish().await, inc.finish().await) }).await;
        assert_eq!(
            (out.outcome, out.status, out.ended_by),
            (Outcome::Cancelled, 487, EndedBy::Local)
        );
        assert_eq!((inc.outcome, inc.ended_by), (Outcome::Cancelled, EndedBy::Remote));
        assert_eq!(out.timings_ms.answered, None);
    }
}

#[tokio::test]
async fn busy_and_refused_are_told_apart() {
    let (caller, called) = (phone(TransportKind::Udp).await, phone(TransportKind::Udp).await);
    for status in [486, 480, 603] {
        let mut out = caller.call(&uri("1", &called), CallOptions::default()).await.unwrap();
        let mut inc = within(called.next_call()).await.unwrap();
        inc.reject(status).await;
        let (out, inc) = within(async { (out.finish().await, inc.finish().await) }).await;
        assert_eq!(
            (out.outcome, out.status, out.ended_by),
            (Outcome::Rejected, status, EndedBy::Remote)
        );
        assert_eq!(
            (inc.outcome, inc.status, inc.ended_by),
            (Outcome::Rejected, status, EndedBy::Local)
        );
    }
}

#[tokio::test]
async fn digits_arrive_once_each_and_in_order() {
    let (caller, called) = (phone(TransportKind::Udp).await, phone(TransportKind::Udp).await);
    let (mut out, mut inc) =
        connected(&caller, &called, CallOptions::default(), CallOptions::default()).await;
    assert!(!out.send_digit('x').await);
    for digit in "1155#".chars() {
        assert!(out.send_digit(digit).await);
    }
    wait_for(&mut inc, |event| *event == CallEvent::Digit('#')).await;
    out.hangup().await;
    let report = within(async {
        out.finish().await;
        inc.finish().await
    })
    .await;
    assert_eq!(report.digits_received, "1155#");
}

#[tokio::test]
async fn an_echo_returns_the_callers_voice() {
    let (caller, called) = (phone(TransportKind::Udp).await, phone(TransportKind::Udp).await);
    let voice = noise(3, 8000);
    let echo = CallOptions { say: Say::Echo, ..CallOptions::default() };
    let (mut out, _inc) = connected(&caller, &called, saying(&voice), echo).await;
    wait_for(&mut out, |event| *event == CallEvent::SayFinished).await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await; // the echo's way back
    out.hangup().await;
    within(out.finish()).await;
    let (likeness, _) = correlation(&voice[1600..4800], &out.heard());
    assert!(likeness > 0.9, "likeness {likeness}");
}

/// Forty calls at once on one pair of sockets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_share_one_socket() {
    let (caller, called) = (phone(TransportKind::Udp).await, phone(TransportKind::Udp).await);
    let to = uri("12345", &called);
    let mut outs = Vec::new();
    for number in 0..40 {
        let options =
            CallOptions { from: Some(format!("138{number:08}")), ..CallOptions::default() };
        outs.push(caller.call(&to, options).await.unwrap());
    }
    let mut incs = Vec::new();
    for _ in 0..40 {
        let inc = within(called.next_call()).await.unwrap();
        inc.answer(CallOptions::default()).await.unwrap();
        incs.push(inc);
    }
    for out in &mut outs {
        wait_for(out, |event| *event == CallEvent::FirstRtp).await;
    }
    for out in &mut outs {
        out.hangup().await;
        assert_eq!(within(out.finish()).await.outcome, Outcome::Answered);
    }
    for inc in &mut incs {
        assert_eq!(within(inc.finish()).await.ended_by, EndedBy::Remote);
    }
}

#[tokio::test]
async fn nobody_there_is_found_out() {
    for transport in [TransportKind::Udp, TransportKind::Tcp] {
        let caller = phone(transport).await;
        let gone = { phone(transport).await.local_address() };
        tokio::time::sleep(std::time::Duration::from_millis(50)).await; // the socket's end
        let error = caller.probe(&format!("sip:1@{gone}")).await.unwrap_err();
        assert!(error.chinese().contains("无法连接"), "{error}");
    }
}
