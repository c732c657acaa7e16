//! One line of a journal file: JSON that carries its own checksum.
//!
//! `{"crc":"1c291ca3","body":{...}}` and a line feed. The checksum is CRC-32 (ISO 3309) over the
//! bytes of the body; a torn or changed line fails it.

use super::Line;

const HEAD: &[u8] = b"{\"crc\":\"";
const MIDDLE: &[u8] = b"\",\"body\":";
const TAIL: &[u8] = b"}\n";
const CRC_LEN: usize = 8;

/// Appends the sealed line to `out`.
///
/// # Errors
/// None in practice: lines are plain data.
pub(super) fn seal(line: &Line, out: &mut Vec<u8>) -> serde_json::Result<()> {
    out.extend_from_slice(HEAD);
    let crc_at = out.len();
    out.extend_from_slice(&[b'0'; CRC_LEN]);
    out.extend_from_slice(MIDDLE);
    let body_at = out.len();
    if let Err(error) = serde_json::to_writer(&mut *out, line) {
        out.truncate(crc_at - HEAD.len());
        return Err(error);
    }
    let crc = format!("{:08x}", crc32(out.get(body_at..).unwrap_or_default()));
    if let Some(place) = out.get_mut(crc_at..crc_at + CRC_LEN) {
        place.copy_from_slice(crc.as_bytes());
    }
    out.extend_from_slice(TAIL);
    Ok(())
}

/// Why bytes are no line.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("the line is incomplete or its checksum does not fit")]
    Damaged,
    #[error("the line is whole but not understood: {0}")]
    Unknown(#[from] serde_json::Error),
}

/// Reads a line with its line feed.
///
/// # Errors
/// [`LineError`].
pub(super) fn open(bytes: &[u8]) -> Result<Line, LineError> {
    let body = body(bytes).ok_or(LineError::Damaged)?;
    Ok(serde_json::from_slice(body)?)
}

fn body(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(HEAD)?.strip_suffix(TAIL)?;
    let (crc, rest) = rest.split_at_checked(CRC_LEN)?;
    let body = rest.strip_prefix(MIDDLE)?;
    let crc = u32::from_str_radix(std::str::from_utf8(crc).ok()?, 16).ok()?;
    (crc32(body) == crc).then_some(body)
}

/// CRC-32 as of ISO 3309 and zlib: polynomial 0xEDB88320, bits reflected.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let index = (crc ^ u32::from(*byte)) & 0xff;
        let entry = TABLE.get(index as usize).copied().unwrap_or_default();
        (crc >> 8) ^ entry
    };
    !bytes.iter().fold(u32::MAX, step)
}

static TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0_u32; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xEDB8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_zlib() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
