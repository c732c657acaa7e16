//! Cuts a TCP byte stream into SIP messages by Content-Length (RFC 3261 18.3). Bounded: a peer that
//! never ends a message is a fault. It must not know sockets.

use super::message::{MESSAGE_MAX_BYTES, Message, MessageFault, end_of_head};

/// Bytes received and not yet a whole message.
#[derive(Debug, Default)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
}

impl FrameBuffer {
    /// Adds what has been read from the stream.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next whole message; `None` while it is incomplete.
    ///
    /// # Errors
    /// [`MessageFault`]: the stream cannot be followed any further and must be closed.
    pub fn next_message(&mut self) -> Result<Option<Message>, MessageFault> {
        let blank = self.bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        self.bytes.drain(..blank);
        let Some((head_end, body_start)) = end_of_head(&self.bytes) else {
            return if self.bytes.len() > MESSAGE_MAX_BYTES {
                Err(MessageFault::TooLong)
            } else {
                Ok(None)
            };
        };
        let mut head = self.bytes.get(..head_end).unwrap_or_default().to_vec();
        head.extend_from_slice(b"\r\n\r\n");
        let length = head_only(&head)?;
        let end = body_start + length;
        if end > MESSAGE_MAX_BYTES {
            return Err(MessageFault::TooLong);
        }
        if self.bytes.len() < end {
            return Ok(None);
        }
        let whole: Vec<u8> = self.bytes.drain(..end).collect();
        Message::parse(&whole).map(Some)
    }
}

/// Content-Length of a head whose body is not here yet; a stream needs it, absent counts as 0.
fn head_only(head: &[u8]) -> Result<usize, MessageFault> {
    let text = String::from_utf8_lossy(head);
    let mut found = None;
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let name = name.trim();
        if name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l") {
            let length: usize = value.trim().parse().map_err(|_| MessageFault::ContentLength)?;
            if length > MESSAGE_MAX_BYTES || found.is_some_and(|known| known != length) {
                return Err(MessageFault::ContentLength);
            }
            found = Some(length);
        }
    }
    Ok(found.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_and_pipelined_messages_are_cut_right() {
        let mut one = Message::request("INFO", "sip:a");
        one.push("Via", "x");
        one.set_body("text/plain", "hello".to_owned());
        let mut stream = b"\r\n\r\n".to_vec();
        stream.extend(one.to_bytes());
        stream.extend(one.to_bytes());
        let mut buffer = FrameBuffer::default();
        let mut seen = 0;
        for byte in stream {
            buffer.extend(&[byte]);
            while let Some(message) = buffer.next_message().unwrap() {
                assert_eq!(message.body, b"hello");
                seen += 1;
            }
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn endless_or_contradicting_messages_are_faults() {
        let mut endless = FrameBuffer::default();
        endless.extend(&vec![b'a'; MESSAGE_MAX_BYTES + 1]);
        assert_eq!(endless.next_message().unwrap_err(), MessageFault::TooLong);
        let mut huge = FrameBuffer::default();
        huge.extend(b"BYE sip:a SIP/2.0\r\nl: 99999999999\r\n\r\n");
        assert_eq!(huge.next_message().unwrap_err(), MessageFault::ContentLength);
    }
}
