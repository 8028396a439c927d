//! The netlink wire format, as far as it is needed: messages and attributes in native byte order.
//!
//! Pure and without allocation; malformed input ends an iteration, it never panics. Layouts:
//! `linux/netlink.h` (struct nlmsghdr, struct nlattr), netlink(7).

pub const NLM_F_REQUEST: u16 = 0x1;
pub const NLM_F_DUMP: u16 = 0x300;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// struct nlmsghdr.
const HEADER: usize = 16;
/// struct nlattr.
const ATTRIBUTE: usize = 4;
/// NLA_F_NESTED and NLA_F_NET_BYTEORDER are flags on top of the type.
const TYPE_MASK: u16 = 0x3fff;

/// One message of a datagram.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// The end of a dump.
    Done,
    /// The kernel's answer to a bad request, as a positive errno; 0 acknowledges.
    Error(i32),
    /// Anything else: its type and what follows the header.
    Data(u16, &'a [u8]),
}

/// The messages of one datagram.
pub struct Messages<'a>(pub &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let length = u32_at(self.0, 0)? as usize;
        let kind = u16_at(self.0, 4)?;
        let payload = self.0.get(HEADER..length)?;
        self.0 = self.0.get(aligned(length)..).unwrap_or_default();
        Some(match kind {
            NLMSG_DONE => Message::Done,
            NLMSG_ERROR => Message::Error(-(u32_at(payload, 0)? as i32)),
            kind => Message::Data(kind, payload),
        })
    }
}

/// The attributes of a message's or another attribute's payload: type and value.
#[derive(Clone)]
pub struct Attributes<'a>(pub &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(u16_at(self.0, 0)?);
        let kind = u16_at(self.0, 2)? & TYPE_MASK;
        let value = self.0.get(ATTRIBUTE..length)?;
        self.0 = self.0.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    }
}

impl<'a> Attributes<'a> {
    /// The value of the first attribute of this type.
    pub fn find(mut self, kind: u16) -> Option<&'a [u8]> {
        self.find_map(|(k, value)| (k == kind).then_some(value))
    }
}

/// A request: header, fixed part, attributes; see [`push_attribute`].
pub fn request(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER + payload.len());
    message.extend(((HEADER + payload.len()) as u32).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend((NLM_F_REQUEST | flags).to_ne_bytes());
    message.extend([0; 8]);
    message.extend(payload);
    message
}

/// Appends an attribute, padded.
pub fn push_attribute(payload: &mut Vec<u8>, kind: u16, value: &[u8]) {
    payload.extend(((ATTRIBUTE + value.len()) as u16).to_ne_bytes());
    payload.extend(kind.to_ne_bytes());
    payload.extend(value);
    payload.resize(aligned(payload.len()), 0);
}

pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_ne_bytes)
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_ne_bytes)
}

pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_ne_bytes)
}

/// NLMSG_ALIGN and NLA_ALIGN: 4.
fn aligned(length: usize) -> usize {
    (length + 3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_back_as_they_were_written() {
        let mut payload = Vec::new();
        push_attribute(&mut payload, 3, b"eth0\0");
        push_attribute(&mut payload, 4 | 0x8000, &1500u32.to_ne_bytes());
        let read: Vec<_> = Attributes(&payload).collect();
        assert_eq!(read, [(3, &b"eth0\0"[..]), (4, &1500u32.to_ne_bytes()[..])]);
        assert_eq!(Attributes(&payload).find(4).and_then(|v| u32_at(v, 0)), Some(1500));
    }

    #[test]
    fn messages_of_one_datagram_are_told_apart() {
        let mut datagram = request(16, 0, b"abc");
        datagram.push(0);
        datagram.extend(request(NLMSG_ERROR, 0, &(-95i32).to_ne_bytes()));
        datagram.extend(request(NLMSG_DONE, 0, &[0; 4]));
        let read: Vec<_> = Messages(&datagram).collect();
        assert_eq!(read, [Message::Data(16, b"abc"), Message::Error(95), Message::Done]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_hang(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            for message in Messages(&bytes) {
                if let Message::Data(_, payload) = message {
                    proptest::prop_assert!(Attributes(payload).count() <= payload.len());
                }
            }
        }
    }
}
