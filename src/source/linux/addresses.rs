//! IP addresses by interface, for `migtop interfaces`: people know hosts by them.

use std::collections::HashMap;

/// Addresses with prefix length, by interface index.
pub fn by_index() -> HashMap<u32, Vec<String>> {
    pnet::datalink::interfaces()
        .into_iter()
        .map(|i| (i.index, i.ips.iter().map(ToString::to_string).collect()))
        .collect()
}
