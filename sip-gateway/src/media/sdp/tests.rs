use proptest::prelude::*;

use super::*;

const OFFER: &str = "v=0\r\no=trunk 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 0 8 18 96\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\n\
    a=x-unknown:1\r\na=sendrecv\r\nm=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n";

fn local() -> Local {
    Local { address: "127.0.0.1".parse().unwrap(), port: 20_000, session_id: 7, version: 1 }
}

#[test]
fn an_offer_with_video_is_answered_with_audio_alone() {
    let session = parse(OFFER.as_bytes()).unwrap();
    let (index, agreed) = agree(&session).unwrap();
    insta::assert_snapshot!(answer(&local(), &session, index, &agreed).replace("\r\n", "\n"), @r"
    v=0
    o=- 7 1 IN IP4 127.0.0.1
    s=-
    c=IN IP4 127.0.0.1
    t=0 0
    m=audio 20000 RTP/AVP 8 96
    a=rtpmap:8 PCMA/8000
    a=rtpmap:96 telephone-event/8000
    a=fmtp:96 0-15
    a=ptime:20
    a=sendrecv
    m=video 0 RTP/AVP 99
    ");
    assert_eq!(agreed.rtp, Some("192.0.2.9:4000".parse().unwrap()));
    assert_eq!(agreed.rtcp, Some("192.0.2.9:4001".parse().unwrap()));
}

#[test]
fn our_own_offer_can_be_answered() {
    let (_, agreed) = agree(&parse(offer(&local()).as_bytes()).unwrap()).unwrap();
    assert_eq!((agreed.codec, agreed.event), (Codec::Pcma, Some(TELEPHONE_EVENT)));
}

#[test]
fn directions_follow_the_matrix() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    // Rows: offered; columns: what the answerer is willing to do (RFC 3264 section 6.1).
    let matrix = [
        (SendRecv, [SendRecv, SendOnly, RecvOnly, Inactive]),
        (SendOnly, [RecvOnly, Inactive, RecvOnly, Inactive]),
        (RecvOnly, [SendOnly, SendOnly, Inactive, Inactive]),
        (Inactive, [Inactive, Inactive, Inactive, Inactive]),
    ];
    for (offered, answers) in matrix {
        for (willing, expected) in [SendRecv, SendOnly, RecvOnly, Inactive].into_iter().zip(answers)
        {
            assert_eq!(offered.answered_with(willing), expected, "{offered:?} {willing:?}");
        }
        assert_eq!(offered.answered_with(SendRecv), offered.mirrored());
    }
}

#[test]
fn a_null_address_means_hold_and_port_zero_means_no_audio() {
    let held = OFFER.replace("c=IN IP4 192.0.2.9", "c=IN IP4 0.0.0.0");
    let (_, agreed) = agree(&parse(held.as_bytes()).unwrap()).unwrap();
    assert_eq!((agreed.direction, agreed.rtp), (Direction::SendOnly, None));
    let closed = OFFER.replace("m=audio 4000", "m=audio 0");
    assert!(matches!(agree(&parse(closed.as_bytes()).unwrap()), Err(MediaError::NoCommonCodec)));
}

#[test]
fn a_static_number_mapped_to_another_codec_is_not_pcma() {
    let odd = OFFER.replace("RTP/AVP 0 8 18 96\r\n", "RTP/AVP 8\r\na=rtpmap:8 opus/48000/2\r\n");
    assert!(matches!(agree(&parse(odd.as_bytes()).unwrap()), Err(MediaError::NoCommonCodec)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        if let Ok(session) = parse(&bytes) {
            let _ = agree(&session);
        }
    }

    #[test]
    fn any_damaged_offer_is_read_or_refused(
        cuts in proptest::collection::vec((0_usize..OFFER.len(), any::<u8>()), 1..12),
        end in 0_usize..OFFER.len(),
    ) {
        let mut bytes = OFFER.as_bytes()[..end].to_vec();
        for (at, byte) in cuts {
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
        }
        if let Ok(session) = parse(&bytes) && let Ok((index, agreed)) = agree(&session) {
            let text = answer(&local(), &session, index, &agreed);
            prop_assert!(text.starts_with("v=0\r\n"));
        }
    }
}
